package dma.model.internal.dsa;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dma.dsa.device.Portal;
import java.io.IOException;
import java.nio.file.Files;
import linux.Errno;
import linux.LinuxException;
import linux.Memory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each fault that can be injected. */
@Timeout(60)
class FaultsTest {
    private static Rig rig(final DsaFault fault, final String line) throws LinuxException {
        return rig("", fault, line);
    }

    private static Rig rig(final String queue, final DsaFault fault, final String line) throws LinuxException {
        return new Rig(Rig.settings("", queue).withFaults(DsaFaults.NONE.with(fault, line)), "wq0.0");
    }

    @ParameterizedTest
    @CsvSource({"PAGE, read, 0x03", "PAGE, write, 0x83", "RESPONSE, read, 0x04", "RESPONSE, write, 0x84"})
    void shouldEndEachThirdCopyAtAnOffset(final DsaFault fault, final String side, final String status)
            throws LinuxException {
        try (Rig rig = rig(fault, "every=3 at=100 side=" + side)) {
            for (int i = 0; i < 9; i++) {
                rig.move(i, i * 1000L, 500);
                assertThat(rig.run(i)).isEqualTo(i % 3 == 2 ? Integer.decode(status) : 1);
            }
            assertThat(rig.completed(2)).isEqualTo(100);
            assertThat(rig.faultAddress(2)).isEqualTo(side.equals("read") ? rig.source(2100) : rig.destination(2100));
            assertThat(rig.result(2)).isZero();
            rig.assertCopied(2000, 100);
            assertThat(rig.model.injected(fault)).isEqualTo(3);
        }
    }

    @Test
    void shouldFaultAgainAsACopyIsResumed() throws LinuxException {
        try (Rig rig = rig(DsaFault.PAGE, "every=4 at=100 times=3")) {
            for (int i = 0; i < 3; i++) {
                rig.move(i, 10_000, 10);
                assertThat(rig.run(i)).isEqualTo(1);
            }
            rig.move(0, 0, 1000);
            assertThat(rig.run(0)).isEqualTo(3);
            rig.move(1, 20_000, 10);
            assertThat(rig.run(1)).as("another copy").isEqualTo(1);
            for (int faults = 2; faults <= 3; faults++) {
                rig.move(0, (faults - 1) * 100L, 1000 - (faults - 1) * 100L);
                assertThat(rig.run(0)).isEqualTo(3);
                assertThat(rig.completed(0)).isEqualTo(100);
            }
            rig.move(0, 300, 700);
            assertThat(rig.run(0)).isEqualTo(1);
            rig.assertCopied(0, 1000);
        }
    }

    @Test
    void shouldReportABackwardCopyThatEndedEarly() throws LinuxException {
        try (Rig rig = rig(DsaFault.PAGE, "every=2 at=30")) {
            rig.move(0, 0, 1000);
            assertThat(rig.run(0)).isEqualTo(1);
            rig.put(0, Rig.MOVE, rig.destination(0), rig.destination(10), 100);
            assertThat(rig.run(0)).isEqualTo(3);
            assertThat(rig.result(0)).isEqualTo(1);
            assertThat(rig.completed(0)).isEqualTo(30);
            assertThat(rig.faultAddress(0)).isEqualTo(rig.destination(69));
            // As a driver resumes: the same addresses, what is left.
            rig.put(0, Rig.MOVE, rig.destination(0), rig.destination(10), 70);
            assertThat(rig.run(0)).isEqualTo(1);
            for (int i = 0; i < 100; i++) {
                assertThat(Memory.getByte(rig.destination(10 + i))).isEqualTo(Rig.content(i));
            }
        }
    }

    @Test
    void shouldWaitForThePageWhereThatIsAllowed() throws LinuxException {
        try (Rig rig = rig("bof=true", DsaFault.PAGE, "every=1 at=30")) {
            rig.put(0, Rig.MOVE | 2, rig.source(0), rig.destination(0), 100);
            assertThat(rig.run(0)).isEqualTo(1);
            rig.assertCopied(0, 100);
            assertThat(rig.model.injected(DsaFault.PAGE)).isEqualTo(1);
        }
    }

    @Test
    void shouldEndDescriptorsWithAStatus() throws LinuxException {
        try (Rig rig = rig(DsaFault.ERROR, "every=2 code=0x21")) {
            rig.move(0, 0, 100);
            rig.move(1, 1000, 100);
            assertThat(rig.run(0)).isEqualTo(1);
            assertThat(rig.run(1)).isEqualTo(0x21);
            assertThat(Memory.getByte(rig.destination(1000))).isZero();
        }
    }

    @Test
    void shouldRefuseAsIfFull() throws LinuxException {
        try (Rig rig = rig("mode=shared", DsaFault.FULL, "every=2 times=3");
                Portal portal = rig.portal()) {
            rig.move(0, 0, 100);
            final boolean[] taken = new boolean[8];
            for (int i = 0; i < taken.length; i++) {
                taken[i] = portal.enqcmd(rig.descriptor(0));
            }
            assertThat(taken).containsExactly(true, false, false, false, true, false, false, false);
        }
        try (Rig rig = rig("mode=shared", DsaFault.FULL, "every=1 times=100")) {
            rig.move(0, 0, 100);
            assertThat(rig.file.write(rig.descriptor(0), 64)).isEqualTo(-Errno.EAGAIN);
        }
    }

    @Test
    void shouldHangUntilTheTimeIsOver() throws LinuxException {
        try (Rig rig = rig(DsaFault.HANG, "every=2 millis=20")) {
            rig.move(0, 0, 100);
            rig.move(1, 1000, 100);
            assertThat(rig.run(0)).isEqualTo(1);
            final long before = System.nanoTime();
            assertThat(rig.run(1)).isEqualTo(1);
            assertThat(System.nanoTime() - before).isGreaterThanOrEqualTo(19_000_000);
            assertThat(rig.model.injected(DsaFault.HANG)).isEqualTo(1);
        }
    }

    @Test
    void shouldLoseEverythingWhileHalted() throws LinuxException, IOException {
        try (Rig rig = rig(DsaFault.HALT, "every=2 millis=-1")) {
            rig.move(0, 0, 100);
            assertThat(rig.run(0)).isEqualTo(1);
            rig.move(1, 1000, 100);
            rig.submit(1);
            Rig.await(() -> rig.queue.dropped.get() == 1);
            rig.move(2, 2000, 100);
            rig.submit(2);
            Rig.await(() -> rig.queue.dropped.get() == 2);
            Rig.await(() -> state(rig).equals("halted"));
            rig.model.change(DsaFaults.NONE);
            rig.model.reset();
            Rig.await(() -> state(rig).equals("enabled"));
            rig.move(3, 3000, 100);
            assertThat(rig.run(3)).isEqualTo(1);
            assertThat(rig.status(1)).isZero();
            assertThat(rig.status(2)).isZero();
        }
    }

    private static String state(final Rig rig) {
        try {
            return Files.readString(rig.model.sysfs().resolve("dsa0/state")).strip();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void shouldWriteLate() throws LinuxException {
        try (Rig rig = rig(DsaFault.LATE, "every=1 millis=1000")) {
            rig.move(0, 0, 100);
            assertThat(rig.run(0)).isEqualTo(1);
            Memory.fill(rig.destination(0), 100, (byte) 0);
            Rig.await(() -> Memory.getByte(rig.destination(99)) == Rig.content(99));
            assertThat(rig.model.injected(DsaFault.LATE)).isEqualTo(1);
        }
    }

    @Test
    void shouldFailToFetchAMember() throws LinuxException {
        try (Rig rig = rig(DsaFault.LIST, "every=1 at=2")) {
            for (int i = 1; i <= 4; i++) {
                rig.move(i, i * 1000L, 100);
            }
            rig.put(0, Rig.BATCH, rig.descriptor(1), 0, 4);
            assertThat(rig.run(0)).isEqualTo(6);
            assertThat(rig.completed(0)).isEqualTo(2);
            assertThat(rig.faultAddress(0)).isEqualTo(rig.descriptor(3));
            rig.assertCopied(2000, 100);
            assertThat(rig.status(3)).isZero();
        }
    }

    @Test
    void shouldChangeWhileRunning() throws LinuxException {
        try (Rig rig = Rig.of("")) {
            rig.move(0, 0, 100);
            assertThat(rig.run(0)).isEqualTo(1);
            rig.model.change(DsaFaults.NONE.with(DsaFault.ERROR, "every=1"));
            rig.move(0, 0, 100);
            assertThat(rig.run(0)).isEqualTo(0x20);
            rig.model.change(DsaFaults.NONE);
            rig.move(0, 0, 100);
            assertThat(rig.run(0)).isEqualTo(1);
            assertThat(rig.model.show()).contains("model", "fault.error injected 1");
        }
    }

    @ParameterizedTest
    @CsvSource({"at=1", "every=0", "every=1 side=left", "every=1 what=1", "every=1 code=1"})
    void shouldRefuseWhatIsNoFault(final String line) {
        assertThatThrownBy(() -> Injection.parse(line))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("dma.model.dsa");
    }
}
