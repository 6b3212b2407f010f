package dma.model.internal.cbdma;

import static dma.model.internal.cbdma.ChannelState.ACTIVE;
import static dma.model.internal.cbdma.ChannelState.ARMED;
import static dma.model.internal.cbdma.ChannelState.HALTED;
import static dma.model.internal.cbdma.ChannelState.IDLE;
import static dma.model.internal.cbdma.HandDriver.IOVA;
import static dma.model.internal.cbdma.HandDriver.UPDATE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dma.cbdma.device.VfioContainer;
import java.util.ArrayList;
import java.util.List;
import linux.Linux;
import linux.LinuxException;
import linux.Memory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What goes wrong on purpose, or in memory. */
@Timeout(60)
class FaultsTest {
    private CbdmaModel model;
    private HandDriver driver;

    @BeforeEach
    void start() throws LinuxException {
        model = CbdmaModel.start(CbdmaSettings.DEFAULT);
        driver = new HandDriver(model);
        driver.pattern();
        driver.arm();
    }

    @AfterEach
    void close() throws LinuxException {
        driver.close();
        model.close();
        assertThat(model.violations()).isEmpty();
    }

    /** Copies of 8 bytes at 0, 8 and so on, all published at once. */
    private void publish(final int count) {
        for (int i = 0; i < count; i++) {
            driver.copy(i, i * 8, 8);
        }
        driver.doorbell(count);
    }

    @Test
    void shouldHaltWithAnErrorAtEveryThird() throws Exception {
        model.inject(Faults.NONE.withError(3, 9));
        publish(5);
        driver.awaitState(HALTED);
        assertThat(driver.errors()).isEqualTo(1 << 9);
        assertThat(driver.word()).isEqualTo(HandDriver.slotIova(1) | HALTED);
        driver.assertCopied(0, 16);
        driver.assertUntouched(16, 24);
        driver.arm(HandDriver.slotIova(3));
        driver.doorbell(2);
        driver.awaitWord(4);
        assertThat(model.count(Counter.INJECTED)).isOne();
        assertThat(model.count(Counter.HALTS)).isOne();
    }

    @Test
    void shouldHaltWithoutAnError() throws Exception {
        model.inject(Faults.NONE.withHalt(2));
        publish(3);
        driver.awaitState(HALTED);
        assertThat(driver.errors()).isZero();
        assertThat(driver.word()).isEqualTo(HandDriver.slotIova(0) | HALTED);
    }

    @Test
    void shouldDieUntilTheFunctionIsReset() throws Exception {
        model.inject(Faults.NONE.withDead(1));
        publish(1);
        driver.awaitState(HALTED);
        assertThat(driver.errors()).isEqualTo(1 << 8);
        model.inject(Faults.NONE);
        driver.clearErrors();
        driver.registers.write8(HandDriver.CHANCMD, HandDriver.RESET);
        driver.registers.write64(HandDriver.CHAINADDR, HandDriver.slotIova(0));
        assertThat(driver.registers.read8(HandDriver.CHANCMD)).isEqualTo(HandDriver.RESET);
        assertThat(driver.state()).isEqualTo(HALTED);
        driver.device.reset();
        driver.arm();
        publish(1);
        driver.awaitWord(0);
    }

    @Test
    void shouldHangForATime() throws Exception {
        model.inject(Faults.NONE.withHang(2, 30));
        final long before = System.nanoTime();
        publish(2);
        driver.awaitWord(1);
        assertThat(System.nanoTime() - before).isGreaterThanOrEqualTo(30_000_000);
        driver.assertCopied(0, 16);
    }

    @Test
    void shouldHangUntilReset() throws Exception {
        model.inject(Faults.NONE.withHang(2, 0));
        publish(2);
        driver.awaitWord(0);
        // A sleeping model still takes register writes.
        HandDriver.until(() -> model.thread().isParked());
        assertThat(driver.state()).isEqualTo(ACTIVE);
        driver.registers.write8(HandDriver.CHANCMD, HandDriver.SUSPEND);
        assertThat(driver.state()).isEqualTo(ACTIVE);
        driver.arm(HandDriver.slotIova(1));
        assertThat(driver.state()).isEqualTo(ARMED);
        driver.doorbell(1);
        driver.awaitState(IDLE);
        driver.assertCopied(0, 16);
    }

    @Test
    void shouldWriteACopyOnceMoreAfterItWasReported() throws Exception {
        model.inject(Faults.NONE.withLate(1, 20));
        publish(1);
        driver.awaitWord(0);
        driver.assertCopied(0, 8);
        Memory.fill(driver.memory + HandDriver.DESTINATION, 16, (byte) 0);
        HandDriver.until(() -> model.count(Counter.LATE) == 1);
        driver.assertCopied(0, 8);
        driver.assertUntouched(8, 8);
    }

    @Test
    void shouldNotWriteLateWhereNothingIsMappedAnyMore() throws Exception {
        model.inject(Faults.NONE.withLate(1, 20));
        final long page = 0x20_0000_0000L;
        driver.container.mapDma(driver.memory + HandDriver.DESTINATION, page, 4096, VfioContainer.WRITE);
        driver.descriptor(0, UPDATE, 8, IOVA + HandDriver.SOURCE, page);
        driver.doorbell(1);
        driver.awaitWord(0);
        driver.container.unmapDma(page, 4096);
        Memory.fill(driver.memory + HandDriver.DESTINATION, 8, (byte) 0);
        model.inject(Faults.NONE);
        driver.copy(1, 8, 8);
        driver.doorbell(2);
        driver.awaitWord(1);
        // Its time has come when the thread has nothing left to wait for.
        HandDriver.until(() -> model.thread().isParked());
        driver.assertUntouched(0, 8);
        assertThat(model.count(Counter.LATE)).isZero();
    }

    @Test
    void shouldConcernOneFunctionOnly() throws Exception {
        model.inject(Faults.NONE.withHalt(1).withFunction(1));
        publish(4);
        driver.awaitWord(3);
        try (HandDriver other = new HandDriver(model, 1)) {
            other.arm();
            other.copy(0, 0, 8);
            other.doorbell(1);
            other.awaitState(HALTED);
        }
    }

    @Test
    void shouldRepeatItselfFromTheSameSeed() throws Exception {
        assertThat(hits(7)).isEqualTo(hits(7)).isNotEqualTo(hits(8)).hasSizeBetween(50, 200);
    }

    private static List<Integer> hits(final long seed) {
        final Faults faults = Faults.NONE.withHalt(10).withRandom(seed);
        final FaultDice dice = new FaultDice(0);
        final List<Integer> hits = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            if (dice.draw(faults) == FaultDice.HALT) {
                hits.add(i);
            }
        }
        return hits;
    }

    @Test
    void shouldRefuseWhatMakesNoSense() {
        assertThatThrownBy(() -> Faults.NONE.withError(1, 28)).hasMessageContaining("CHANERR bit 28");
        assertThatThrownBy(() -> Faults.NONE.withHalt(-1)).hasMessageContaining("negative");
        assertThatThrownBy(() -> Faults.NONE.withHang(1, -1)).hasMessageContaining("negative");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldHaltAtMemoryWhoseFileWasTruncated(final boolean source) throws Exception {
        final long size = 64 * 1024;
        final int file = Linux.memfd("guest", size, 0);
        final long guest = Linux.mmap(size, Linux.PROT_READ | Linux.PROT_WRITE, Linux.MAP_SHARED, file, 0);
        final long iova = 0x20_0000_0000L;
        driver.container.mapDma(guest, iova, size, VfioContainer.READ | VfioContainer.WRITE);
        Linux.truncate(file, 4096);
        driver.descriptor(
                0,
                UPDATE,
                size,
                source ? iova : IOVA + HandDriver.SOURCE,
                source ? IOVA + HandDriver.DESTINATION : iova);
        driver.doorbell(1);
        driver.awaitState(HALTED);
        assertThat(driver.errors()).isEqualTo(1 << (source ? 8 : 9));
        assertThat(driver.word()).isEqualTo(HALTED);
        // It goes on all the same.
        driver.arm();
        publish(1);
        driver.awaitWord(0);
        driver.container.unmapDma(iova, size);
        Linux.munmap(guest, size);
        Linux.close(file);
    }
}
