package dma.model.internal.cbdma;

import static dma.model.internal.cbdma.ChannelState.ACTIVE;
import static dma.model.internal.cbdma.ChannelState.ARMED;
import static dma.model.internal.cbdma.ChannelState.HALTED;
import static dma.model.internal.cbdma.ChannelState.IDLE;
import static dma.model.internal.cbdma.ChannelState.SUSPENDED;
import static dma.model.internal.cbdma.HandDriver.IOVA;
import static dma.model.internal.cbdma.HandDriver.UPDATE;
import static org.assertj.core.api.Assertions.assertThat;

import dma.cbdma.device.VfioContainer;
import dma.model.internal.cbdma.CbdmaSettings.Device;
import dma.model.internal.cbdma.CbdmaSettings.ResetEnd;
import linux.LinuxException;
import linux.Memory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a channel does to registers, descriptors and memory. */
@Timeout(60)
class ChannelTest {
    private static final int FILL = 1 << 24;
    private static final int NULL = 0x20;

    private CbdmaModel model;
    private HandDriver driver;

    private void start(final CbdmaSettings settings) throws LinuxException {
        model = CbdmaModel.start(settings);
        driver = new HandDriver(model);
        driver.pattern();
    }

    private void startArmed(final CbdmaSettings settings) throws LinuxException {
        start(settings);
        driver.arm();
    }

    private void start(final Device device) throws LinuxException {
        startArmed(CbdmaSettings.DEFAULT.withDevice(device));
    }

    private void startArmed() throws LinuxException {
        startArmed(CbdmaSettings.DEFAULT);
    }

    @AfterEach
    void close() throws LinuxException {
        driver.close();
        model.close();
    }

    private void assertNoViolation() {
        assertThat(model.violations()).isEmpty();
    }

    @Test
    void shouldBeginHaltedAndInUse() throws Exception {
        start(CbdmaSettings.DEFAULT);
        assertThat(driver.registers.read64(HandDriver.CHANSTS)).isEqualTo(HALTED);
        assertThat(driver.registers.read16(HandDriver.CHANCTRL)).isEqualTo(0x100);
        assertThat(driver.registers.read8(0x00)).isOne();
        assertThat(driver.registers.read8(0x01)).isEqualTo(20);
        assertThat(driver.registers.read8(0x08)).isEqualTo(0x34);
        assertThat(driver.registers.read32(0x10) & 0x40).isEqualTo(0x40);
        // Nobody may start it so.
        driver.registers.write64(HandDriver.CHAINADDR, IOVA);
        driver.copy(0, 0, 8);
        driver.doorbell(1);
        assertThat(driver.state()).isEqualTo(ARMED);
        assertThat(model.violations()).singleElement().asString().contains("IN_USE");
    }

    @Test
    void shouldCopyAndTellByWordAndStatus() throws Exception {
        startArmed();
        assertThat(driver.registers.read64(HandDriver.CHANSTS)).isEqualTo(ARMED);
        for (int i = 0; i < 10; i++) {
            driver.copy(i, i * 1000, 1000 - i);
        }
        driver.doorbell(10);
        driver.awaitState(IDLE);
        assertThat(driver.registers.read64(HandDriver.CHANSTS)).isEqualTo(HandDriver.slotIova(9) | IDLE);
        assertThat(driver.word()).isEqualTo(HandDriver.slotIova(9) | IDLE);
        for (int i = 0; i < 10; i++) {
            driver.assertCopied(i * 1000, 1000 - i);
            driver.assertUntouched(i * 1000 + 1000 - i, i);
        }
        assertThat(model.count(Counter.DESCRIPTORS)).isEqualTo(10);
        assertThat(model.count(Counter.WRITEBACKS)).isEqualTo(10);
        assertNoViolation();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 16})
    void shouldGoOnBehindTheEndOfTheDoorbellAndOfTheRing(final int prefetch) throws Exception {
        start(Device.ICX.withPrefetch(prefetch));
        for (int published = 0; published < 70_000; ) {
            final int burst = Math.min(HandDriver.SLOTS - 1, 70_000 - published);
            for (int i = 0; i < burst; i++) {
                driver.copy(published + i, i * 8, 8);
            }
            published += burst;
            driver.doorbell(published & 0xFFFF);
            driver.awaitWord(published - 1);
        }
        driver.awaitState(IDLE);
        assertThat(model.count(Counter.DESCRIPTORS)).isEqualTo(70_000);
        driver.assertCopied(0, 8 * (HandDriver.SLOTS - 1));
        assertNoViolation();
    }

    @Test
    void shouldNeverLookBehindWhatIsPublished() throws Exception {
        start(Device.ICX.withPrefetch(16));
        driver.copy(0, 0, 8);
        driver.copy(1, 8, 8);
        driver.doorbell(1);
        driver.awaitState(IDLE);
        driver.assertUntouched(8, 8);
        // Still to be edited: it was not fetched.
        driver.copy(1, 16, 8);
        driver.doorbell(2);
        driver.awaitWord(1);
        driver.assertUntouched(8, 8);
        driver.assertCopied(16, 8);
    }

    @Test
    void shouldCatchDescriptorsThatAreWrittenBehindTheDoorbell() throws Exception {
        startArmed(CbdmaSettings.DEFAULT.withDevice(Device.ICX.withPrefetch(4)).withFaults(Faults.NONE.withHang(1, 0)));
        driver.copy(0, 0, 8);
        driver.copy(1, 8, 8);
        driver.doorbell(2);
        // It has fetched both once it hangs in the first.
        HandDriver.until(() -> model.count(Counter.INJECTED) == 1);
        driver.copy(1, 16, 8);
        model.inject(Faults.NONE);
        driver.awaitWord(1);
        driver.assertCopied(8, 8);
        driver.assertUntouched(16, 8);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 7, 8, 9, 64, 100, 4097})
    void shouldFillWithEightBytesAgainAndAgain(final long size) throws Exception {
        startArmed();
        driver.descriptor(0, UPDATE | FILL, size, 0x8877_6655_4433_2211L, IOVA + HandDriver.DESTINATION + 3);
        driver.doorbell(1);
        driver.awaitState(IDLE);
        for (long at = 0; at < size; at++) {
            assertThat(driver.destination(3 + at)).isEqualTo((byte) (0x11 * (1 + at % 8)));
        }
        driver.assertUntouched(0, 3);
        driver.assertUntouched(3 + size, 16);
    }

    @Test
    void shouldCompleteWhatMovesNothing() throws Exception {
        startArmed();
        driver.descriptor(0, UPDATE | NULL, 8, 0, 0);
        driver.doorbell(1);
        driver.awaitState(IDLE);
        assertThat(driver.word()).isEqualTo(HandDriver.slotIova(0) | IDLE);
        assertThat(driver.errors()).isZero();
    }

    @Test
    void shouldWriteTheWordOnlyWhereAsked() throws Exception {
        startArmed();
        driver.descriptor(0, 0, 8, IOVA + HandDriver.SOURCE, IOVA + HandDriver.DESTINATION);
        driver.doorbell(1);
        driver.awaitState(IDLE);
        assertThat(driver.word()).isZero();
        assertThat(driver.registers.read64(HandDriver.CHANSTS)).isEqualTo(HandDriver.slotIova(0) | IDLE);
        driver.assertCopied(0, 8);
    }

    @ParameterizedTest
    @CsvSource({
        // size, control, source, destination: the bit
        "0, 8, 0x1000100000, 0x1000200800, 11",
        "0x100001, 8, 0x1000100000, 0x1000200800, 11",
        "8, 0x808, 0x1000100000, 0x1000200800, 10",
        "8, 0x48, 0x1000100000, 0x1000200800, 10",
        "8, 0x01000028, 0x1000100000, 0x1000200800, 10",
        "8, 0x87000008, 0x1000100000, 0x1000200800, 10",
        "8, 0x02000008, 0x1000100000, 0x1000200800, 10",
        "8, 8, 0, 0x1000200800, 8",
        "8, 8, 0x1000400000, 0x1000200800, 8",
        "8, 8, 0x10003FFFFC, 0x1000200800, 8",
        "8, 8, 0x1000100000, 0, 9",
        "8, 8, 0x1000100000, 0x10003FFFFC, 9"
    })
    void shouldHaltAtABadDescriptor(
            final String size, final String control, final String from, final String to, final int bit)
            throws Exception {
        startArmed();
        driver.copy(0, 0, 8);
        driver.descriptor(1, Long.decode(control).intValue(), Long.decode(size), Long.decode(from), Long.decode(to));
        driver.copy(2, 16, 8);
        driver.doorbell(3);
        driver.awaitState(HALTED);
        assertThat(driver.errors()).isEqualTo(1 << bit);
        assertThat(driver.registers.read64(HandDriver.CHANSTS)).isEqualTo(HandDriver.slotIova(0) | HALTED);
        assertThat(driver.word()).isEqualTo(HandDriver.slotIova(0) | HALTED);
        driver.assertCopied(0, 8);
        driver.assertUntouched(16, 8);
        assertThat(model.count(Counter.DESCRIPTORS)).isOne();
        assertThat(driver.registers.read64(0xA0)).isEqualTo(HandDriver.slotIova(1));
    }

    @Test
    void shouldChooseTheBitsAsConfigured() throws Exception {
        start(Device.ICX.withErrors(ErrorBits.DPDK));
        driver.copy(0, 0, 0);
        driver.doorbell(1);
        driver.awaitState(HALTED);
        assertThat(driver.errors()).isEqualTo(1 << 10);
        driver.arm();
        driver.descriptor(0, UPDATE, 8, 0, IOVA + HandDriver.DESTINATION);
        driver.doorbell(1);
        driver.awaitState(HALTED);
        assertThat(driver.errors()).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource({"0x1000000021, 4", "0x2000000000, 4"})
    void shouldHaltAtABadChain(final String chain, final int bit) throws Exception {
        startArmed();
        driver.arm(Long.decode(chain));
        driver.doorbell(1);
        driver.awaitState(HALTED);
        assertThat(driver.errors()).isEqualTo(1 << bit);
        assertThat(driver.word()).isEqualTo(HALTED);
    }

    @ParameterizedTest
    @CsvSource({"0x1000000044, 2", "0x2000000000, 3"})
    void shouldHaltAtABadNext(final String next, final int bit) throws Exception {
        startArmed();
        driver.copy(0, 0, 8);
        Memory.putLong(driver.slot(0) + 0x18, Long.decode(next));
        driver.doorbell(1);
        driver.awaitState(IDLE);
        driver.doorbell(2);
        driver.awaitState(HALTED);
        assertThat(driver.errors()).isEqualTo(1 << bit);
        assertThat(driver.word()).isEqualTo(HandDriver.slotIova(0) | HALTED);
    }

    @ParameterizedTest
    @ValueSource(longs = {0x2000000000L, IOVA + HandDriver.WORD + 4})
    void shouldHaltWhereTheWordCannotBeWritten(final long address) throws Exception {
        startArmed();
        driver.registers.write64(HandDriver.CHANCMP, address);
        driver.copy(0, 0, 8);
        driver.doorbell(1);
        driver.awaitState(HALTED);
        assertThat(driver.errors()).isEqualTo(1 << 12);
        assertThat(driver.registers.read64(HandDriver.CHANSTS)).isEqualTo(HALTED);
    }

    @Test
    void shouldTellOfAHaltOnlyWhereAsked() throws Exception {
        startArmed();
        driver.registers.write16(HandDriver.CHANCTRL, 0x08);
        driver.copy(0, 0, 0);
        driver.doorbell(1);
        driver.awaitState(HALTED);
        assertThat(driver.word()).isZero();
    }

    @Test
    void shouldGoOnBehindTheFailedDescriptorAfterAReset() throws Exception {
        startArmed();
        driver.copy(0, 0, 8);
        driver.copy(1, 8, 0);
        driver.copy(2, 16, 8);
        driver.copy(3, 24, 8);
        driver.doorbell(4);
        driver.awaitState(HALTED);
        // CHAINADDR alone does not help.
        driver.registers.write64(HandDriver.CHAINADDR, HandDriver.slotIova(2));
        assertThat(driver.state()).isEqualTo(HALTED);
        assertThat(model.violations()).singleElement().asString().contains("reset first");
        driver.arm(HandDriver.slotIova(2));
        assertThat(driver.registers.read64(HandDriver.CHANSTS)).isEqualTo(ARMED);
        driver.doorbell(2);
        driver.awaitWord(3);
        driver.assertCopied(16, 16);
        assertThat(driver.errors()).isZero();
    }

    @Test
    void shouldNotStartWhileAnErrorIsSet() throws Exception {
        startArmed();
        driver.copy(0, 0, 0);
        driver.doorbell(1);
        driver.awaitState(HALTED);
        driver.registers.write8(HandDriver.CHANCMD, HandDriver.RESET);
        HandDriver.until(() -> driver.registers.read8(HandDriver.CHANCMD) == 0);
        driver.configure();
        driver.registers.write64(HandDriver.CHAINADDR, HandDriver.slotIova(1));
        driver.doorbell(1);
        assertThat(driver.state()).isEqualTo(ARMED);
        assertThat(model.violations()).singleElement().asString().contains("CHANERR");
        // Ones clear, zeros keep.
        driver.registers.write32(HandDriver.CHANERR, 1 << 10);
        assertThat(driver.errors()).isEqualTo(1 << 11);
        driver.registers.write32(HandDriver.CHANERR, 1 << 11);
        assertThat(driver.errors()).isZero();
    }

    @Test
    void shouldTakeAddressesInHalves() throws Exception {
        startArmed();
        driver.arm();
        driver.registers.write32(HandDriver.CHANCMP, (int) (IOVA + HandDriver.WORD + 64));
        driver.registers.write32(HandDriver.CHANCMP + 4, (int) (IOVA >>> 32));
        driver.registers.write32(HandDriver.CHAINADDR, (int) HandDriver.slotIova(5));
        driver.registers.write32(HandDriver.CHAINADDR + 4, (int) (IOVA >>> 32));
        assertThat(driver.registers.read64(HandDriver.CHAINADDR)).isEqualTo(HandDriver.slotIova(5));
        assertThat(driver.registers.read32(HandDriver.CHAINADDR + 4)).isEqualTo((int) (IOVA >>> 32));
        driver.copy(5, 0, 8);
        driver.doorbell(1);
        driver.awaitState(IDLE);
        assertThat(Memory.getLongAcquire(driver.memory + HandDriver.WORD + 64))
                .isEqualTo(HandDriver.slotIova(5) | IDLE);
        assertThat(driver.registers.read32(HandDriver.CHANSTS + 4)).isEqualTo((int) (IOVA >>> 32));
        assertNoViolation();
    }

    @Test
    void shouldSuspendBehindTheCurrentDescriptorAndResume() throws Exception {
        startArmed(CbdmaSettings.DEFAULT.withFaults(Faults.NONE.withHang(2, 0)));
        driver.copy(0, 0, 8);
        driver.copy(1, 8, 8);
        driver.copy(2, 16, 8);
        driver.doorbell(3);
        HandDriver.until(() -> model.count(Counter.INJECTED) == 1);
        driver.registers.write8(HandDriver.CHANCMD, HandDriver.SUSPEND);
        assertThat(driver.state()).isEqualTo(ACTIVE);
        model.inject(Faults.NONE);
        driver.awaitState(SUSPENDED);
        assertThat(driver.registers.read64(HandDriver.CHANSTS)).isEqualTo(HandDriver.slotIova(1) | SUSPENDED);
        driver.assertCopied(8, 8);
        driver.assertUntouched(16, 8);
        driver.registers.write8(HandDriver.CHANCMD, HandDriver.RESUME);
        driver.awaitWord(2);
        driver.assertCopied(16, 8);
        driver.registers.write8(HandDriver.CHANCMD, HandDriver.SUSPEND);
        assertThat(driver.state()).isEqualTo(SUSPENDED);
        assertNoViolation();
    }

    @Test
    void shouldBeginAnewWhenTheChainIsWrittenWhileSuspended() throws Exception {
        startArmed();
        driver.copy(0, 0, 8);
        driver.doorbell(1);
        driver.awaitState(IDLE);
        driver.registers.write8(HandDriver.CHANCMD, HandDriver.SUSPEND);
        driver.registers.write64(HandDriver.CHAINADDR, HandDriver.slotIova(7));
        assertThat(driver.registers.read64(HandDriver.CHANSTS)).isEqualTo(ARMED);
        driver.copy(7, 16, 8);
        driver.doorbell(1);
        driver.awaitWord(7);
        driver.assertCopied(16, 8);
        assertNoViolation();
    }

    @Test
    void shouldTellOfWritesThatComeTooSoon() throws Exception {
        start(CbdmaSettings.DEFAULT.withDevice(Device.ICX.withReset(ResetEnd.AFTER_CHAINADDR, 0)));
        driver.registers.write8(HandDriver.CHANCMD, HandDriver.RESET);
        driver.registers.write16(HandDriver.DMACOUNT, 1);
        driver.registers.write64(HandDriver.CHAINADDR, HandDriver.slotIova(0));
        driver.configure();
        driver.copy(0, 0, 8);
        driver.doorbell(1);
        driver.awaitWord(0);
        driver.registers.write64(HandDriver.CHAINADDR, HandDriver.slotIova(5));
        assertThat(driver.state()).isEqualTo(IDLE);
        assertThat(model.violations())
                .satisfiesExactly(
                        first -> assertThat(first).contains("before a reset has ended"),
                        second -> assertThat(second).contains("CHAINADDR written while idle"));
    }

    @Test
    void shouldIgnoreSuspendWhenArmed() throws Exception {
        startArmed();
        driver.registers.write8(HandDriver.CHANCMD, HandDriver.SUSPEND);
        assertThat(driver.state()).isEqualTo(ARMED);
    }

    @Test
    void shouldHaltWhenAborted() throws Exception {
        startArmed();
        driver.copy(0, 0, 8);
        driver.doorbell(1);
        driver.awaitState(IDLE);
        driver.registers.write8(HandDriver.CHANCMD, HandDriver.ABORT);
        assertThat(driver.state()).isEqualTo(HALTED);
        assertThat(driver.errors()).isZero();
    }

    @Test
    void shouldHaltAtACommandThatIsNone() throws Exception {
        startArmed();
        driver.registers.write8(HandDriver.CHANCMD, 0x01);
        assertThat(driver.state()).isEqualTo(HALTED);
        assertThat(driver.errors()).isEqualTo(1 << 5);
        assertThat(model.violationCount()).isOne();
    }

    @Test
    void shouldEndAResetOnceTheChainIsWritten() throws Exception {
        start(CbdmaSettings.DEFAULT.withDevice(Device.ICX.withReset(ResetEnd.AFTER_CHAINADDR, 0)));
        driver.registers.write8(HandDriver.CHANCMD, HandDriver.RESET);
        assertThat(driver.registers.read8(HandDriver.CHANCMD)).isEqualTo(HandDriver.RESET);
        driver.registers.write64(HandDriver.CHAINADDR, 0);
        assertThat(driver.registers.read8(HandDriver.CHANCMD)).isZero();
        assertThat(driver.state()).isEqualTo(HALTED);
    }

    @Test
    void shouldArmBehindAResetThatHasNotEndedWhenTheChainIsWritten() throws Exception {
        start(CbdmaSettings.DEFAULT.withDevice(Device.ICX.withReset(ResetEnd.AFTER_DELAY, 1_000_000)));
        driver.registers.write8(HandDriver.CHANCMD, HandDriver.RESET);
        driver.registers.write64(HandDriver.CHAINADDR, HandDriver.slotIova(0));
        driver.configure();
        driver.awaitState(ARMED);
        driver.copy(0, 0, 8);
        driver.doorbell(1);
        driver.awaitWord(0);
        assertNoViolation();
    }

    @Test
    void shouldNeverEndAResetWhereConfigured() throws Exception {
        start(CbdmaSettings.DEFAULT.withDevice(Device.ICX.withReset(ResetEnd.NEVER, 0)));
        driver.registers.write8(HandDriver.CHANCMD, HandDriver.RESET);
        driver.registers.write64(HandDriver.CHAINADDR, HandDriver.slotIova(0));
        assertThat(driver.registers.read8(HandDriver.CHANCMD)).isEqualTo(HandDriver.RESET);
        assertThat(driver.state()).isEqualTo(HALTED);
    }

    @Test
    void shouldTellOfAccessesThatNoRegisterHas() throws Exception {
        start(CbdmaSettings.DEFAULT);
        assertThat(driver.registers.read16(HandDriver.CHANCMD)).isEqualTo(0xFFFF);
        assertThat(driver.registers.read32(0x148)).isEqualTo(-1);
        driver.registers.write32(HandDriver.DMACOUNT, 1);
        driver.registers.write64(HandDriver.CHANSTS, 0);
        driver.registers.write8(HandDriver.CHANERR, 0xFF);
        assertThat(model.violations())
                .satisfiesExactly(
                        first -> assertThat(first).isEqualTo("0000:00:04.0: read of 16 bits at 0x84: no such register"),
                        second -> assertThat(second).contains("0x148"),
                        third -> assertThat(third).contains("write of 32 bits at 0x86"),
                        fourth -> assertThat(fourth).contains("CHANSTS is read-only"),
                        fifth -> assertThat(fifth).contains("write of 8 bits at 0xa8"));
        assertThat(driver.registers.read64(HandDriver.CHANSTS)).isEqualTo(HALTED);
    }

    @Test
    void shouldAnswerAllOnesWithoutMemorySpace() throws Exception {
        startArmed();
        driver.device.writeConfig16(4, 4);
        assertThat(driver.registers.read64(HandDriver.CHANSTS)).isEqualTo(-1);
        assertThat(driver.registers.read8(8)).isEqualTo(0xFF);
        driver.registers.write16(HandDriver.CHANCTRL, 0);
        driver.device.writeConfig16(4, 6);
        assertThat(driver.registers.read16(HandDriver.CHANCTRL)).isEqualTo(0x0C);
    }

    @Test
    void shouldFetchNothingWithoutBusMastering() throws Exception {
        startArmed();
        driver.device.writeConfig16(4, 2);
        driver.copy(0, 0, 8);
        driver.doorbell(1);
        driver.awaitState(HALTED);
        assertThat(driver.errors()).isEqualTo(1 << 3);
        assertThat(driver.word()).isZero();
        driver.assertUntouched(0, 8);
    }

    @Test
    void shouldWaitForBusMasteringWhereConfigured() throws Exception {
        final ErrorBits linux = ErrorBits.LINUX;
        start(Device.ICX.withErrors(
                new ErrorBits(linux.source(), linux.destination(), 2, 3, 4, 5, 10, 11, 12, ErrorBits.NO_PROGRESS)));
        driver.device.writeConfig16(4, 2);
        driver.copy(0, 0, 8);
        driver.doorbell(1);
        assertThat(driver.state()).isEqualTo(ACTIVE);
        driver.assertUntouched(0, 8);
        driver.device.writeConfig16(4, 6);
        driver.awaitWord(0);
    }

    @Test
    void shouldFaultOnMemoryThatIsNoLongerMapped() throws Exception {
        startArmed(CbdmaSettings.DEFAULT.withFaults(Faults.NONE.withHang(1, 0)));
        final long page = 0x20_0000_0000L;
        driver.container.mapDma(driver.memory + HandDriver.SOURCE, page, 4096, VfioContainer.READ);
        driver.descriptor(0, UPDATE, 8, page, IOVA + HandDriver.DESTINATION);
        driver.doorbell(1);
        HandDriver.until(() -> model.count(Counter.INJECTED) == 1);
        assertThat(driver.container.unmapDma(page, 4096)).isEqualTo(4096);
        model.inject(Faults.NONE);
        driver.awaitState(HALTED);
        assertThat(driver.errors()).isEqualTo(1 << 8);
        driver.assertUntouched(0, 8);
    }

    @Test
    void shouldRespectTheRightsOfAMapping() throws Exception {
        startArmed();
        final long page = 0x20_0000_0000L;
        driver.container.mapDma(driver.memory + HandDriver.DESTINATION, page, 4096, VfioContainer.READ);
        driver.descriptor(0, UPDATE, 8, IOVA + HandDriver.SOURCE, page);
        driver.doorbell(1);
        driver.awaitState(HALTED);
        assertThat(driver.errors()).isEqualTo(1 << 9);
    }

    @Test
    void shouldCopyAcrossMappingsThatMeetOnlyInIoAddresses() throws Exception {
        startArmed();
        final long pages = 0x20_0000_0000L;
        // In the order of I/O addresses the pages of the source change places.
        driver.container.mapDma(driver.memory + HandDriver.SOURCE + 4096, pages, 4096, VfioContainer.READ);
        driver.container.mapDma(driver.memory + HandDriver.SOURCE, pages + 4096, 4096, VfioContainer.READ);
        driver.descriptor(0, UPDATE, 8192, pages, IOVA + HandDriver.DESTINATION);
        driver.doorbell(1);
        driver.awaitState(IDLE);
        for (int at = 0; at < 4096; at++) {
            assertThat(driver.destination(at)).isEqualTo(HandDriver.expected(4096 + at));
            assertThat(driver.destination(4096 + at)).isEqualTo(HandDriver.expected(at));
        }
    }

    @Test
    void shouldBeginAnewAfterAResetOfTheFunction() throws Exception {
        startArmed();
        driver.copy(0, 0, 8);
        driver.doorbell(1);
        driver.awaitState(IDLE);
        driver.device.reset();
        assertThat(driver.registers.read64(HandDriver.CHANSTS)).isEqualTo(HALTED);
        assertThat(driver.registers.read16(HandDriver.CHANCTRL)).isEqualTo(0x100);
        assertThat(driver.registers.read64(HandDriver.CHANCMP)).isZero();
        driver.arm();
        driver.copy(0, 8, 8);
        driver.doorbell(1);
        driver.awaitState(IDLE);
        driver.assertCopied(8, 8);
    }
}
