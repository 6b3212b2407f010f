package dma.model.internal.dsa;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dma.dsa.device.Portal;
import dma.dsa.device.WorkQueueFile;
import linux.Errno;
import linux.LinuxException;
import linux.Memory;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Files, portals, and queues that are full. A queue that hangs keeps what it has. */
@Timeout(60)
class SubmissionTest {
    private static final DsaFaults HANG = DsaFaults.NONE.with(DsaFault.HANG, "every=1 millis=-1");

    private static Rig hanging(final String queue) throws LinuxException {
        return new Rig(Rig.settings("", queue).withFaults(HANG), "wq0.0");
    }

    private static void letGo(final Rig rig) {
        rig.model.change(DsaFaults.NONE);
        rig.model.reset();
    }

    private static void assertErrno(final ThrowingCallable call, final int errno) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        LinuxException.class, e -> assertThat(e.errno()).isEqualTo(errno))
                .hasMessageContaining("model");
    }

    @Test
    void shouldDropWhatADedicatedQueueHasNoRoomFor() throws LinuxException {
        try (Rig rig = hanging("size=4");
                Portal portal = rig.portal()) {
            for (int i = 0; i < 4; i++) {
                rig.move(i, i * 100L, 50);
                portal.movdir64b(rig.descriptor(i));
            }
            final SoftwareError error = rig.queue.device().softwareError();
            assertThat(error.isValid()).isFalse();
            rig.move(4, 400, 50);
            portal.movdir64b(rig.descriptor(4));
            assertThat(error.isValid()).isTrue();
            assertThat(error.hasOverflowed()).isFalse();
            portal.movdir64b(rig.descriptor(4));
            assertThat(error.hasOverflowed()).isTrue();
            letGo(rig);
            for (int i = 0; i < 4; i++) {
                assertThat(rig.await(i)).isEqualTo(1);
            }
            rig.move(5, 500, 50);
            assertThat(rig.run(5)).isEqualTo(1);
            assertThat(rig.status(4)).as("lost for good").isZero();
            assertThat(rig.queue.dropped).hasValue(2);
        }
    }

    @Test
    void shouldFindThePlaceFreeOnceTheRecordIsSeen() throws LinuxException {
        try (Rig rig = Rig.of("size=1");
                Portal portal = rig.portal()) {
            for (int i = 0; i < 20_000; i++) {
                rig.move(0, 0, 1);
                portal.movdir64b(rig.descriptor(0));
                rig.await(0);
            }
            assertThat(rig.queue.dropped).hasValue(0);
        }
    }

    @Test
    void shouldRefuseAtTheThresholdOfASharedQueue() throws LinuxException {
        try (Rig rig = hanging("mode=shared size=8 threshold=3");
                Portal portal = rig.portal()) {
            for (int i = 0; i < 3; i++) {
                rig.move(i, i * 100L, 50);
                assertThat(portal.enqcmd(rig.descriptor(i))).isTrue();
            }
            rig.move(3, 300, 50);
            assertThat(portal.enqcmd(rig.descriptor(3))).isFalse();
            letGo(rig);
            assertThat(rig.await(2)).isEqualTo(1);
            Rig.await(() -> portal.enqcmd(rig.descriptor(3)));
            assertThat(rig.await(3)).isEqualTo(1);
            assertThat(rig.queue.device().softwareError().isValid()).isFalse();
        }
    }

    @Test
    void shouldTakeByWriteWhatFits() throws LinuxException {
        try (Rig rig = hanging("mode=shared size=8 threshold=3")) {
            for (int i = 0; i < 5; i++) {
                rig.move(i, i * 100L, 50);
            }
            assertThat(rig.file.write(rig.descriptor(0), 5 * 64)).isEqualTo(3 * 64);
            assertThat(rig.file.write(rig.descriptor(3), 2 * 64)).isEqualTo(-Errno.EAGAIN);
            letGo(rig);
            assertThat(rig.await(2)).isEqualTo(1);
        }
    }

    @Test
    void shouldDropByWriteWhatADedicatedQueueHasNoRoomFor() throws LinuxException {
        try (Rig rig = hanging("size=2")) {
            for (int i = 0; i < 5; i++) {
                rig.move(i, i * 100L, 50);
            }
            assertThat(rig.file.write(rig.descriptor(0), 5 * 64)).isEqualTo(5 * 64);
            assertThat(rig.queue.dropped).hasValue(3);
            letGo(rig);
        }
    }

    @Test
    void shouldIgnoreRemaindersOfAWrite() throws LinuxException {
        try (Rig rig = Rig.of("")) {
            rig.move(0, 0, 50);
            assertThat(rig.file.write(rig.descriptor(0), 63)).isZero();
            assertThat(rig.file.write(rig.descriptor(0), 0)).isZero();
            assertThat(rig.file.write(rig.descriptor(0), 100)).isEqualTo(64);
            assertThat(rig.await(0)).isEqualTo(1);
        }
    }

    @Test
    void shouldRefuseByWriteWhatTheKernelRefuses() throws LinuxException {
        try (Rig rig = new Rig(Rig.settings("", "").onKernel("6.10", true), "wq0.0")) {
            assertThat(rig.file.write(64, 64)).isEqualTo(-Errno.EFAULT);
            Memory.putLong(rig.put(0, 0x03000000, rig.source(0), rig.destination(0), 8) + 8, 8);
            assertThat(rig.file.write(rig.descriptor(0), 64))
                    .as("a misaligned record, though none is asked for")
                    .isEqualTo(-Errno.EINVAL);
            rig.move(1, 0, 10);
            rig.put(2, Rig.BATCH, rig.descriptor(3), 0, 2);
            rig.move(3, 0, 10);
            rig.move(4, 0, 10);
            assertThat(rig.file.write(rig.descriptor(2), 64)).isEqualTo(64);
            assertThat(rig.await(2)).isEqualTo(1);
        }
        try (Rig rig = new Rig(DsaSettings.DEFAULT, "wq1.0")) {
            rig.move(1, 0, 10);
            rig.put(2, Rig.BATCH, rig.descriptor(3), 0, 2);
            assertThat(rig.file.write(rig.descriptor(2), 64)).isEqualTo(-Errno.EINVAL);
            assertThat(rig.file.write(rig.descriptor(1), 128))
                    .as("what came before it")
                    .isEqualTo(64);
        }
        try (Rig rig = new Rig(Rig.settings("", "").onKernel("6.1", false), "wq0.0")) {
            rig.move(0, 0, 10);
            assertThat(rig.file.write(rig.descriptor(0), 64)).isEqualTo(-Errno.EINVAL);
        }
    }

    @Test
    void shouldOpenAsTheKernelDoes() throws LinuxException {
        try (Rig rig = Rig.of("")) {
            assertErrno(() -> rig.model.open("wq0.0"), Errno.EBUSY);
            assertErrno(() -> rig.model.open("wq0.7"), Errno.ENOENT);
            rig.file.close();
            rig.model.open("wq0.0").close();
            rig.model.disable("wq0.0");
            assertErrno(() -> rig.model.open("wq0.0"), Errno.ENOENT);
        }
        try (Rig rig = Rig.of("mode=shared");
                WorkQueueFile second = rig.model.open("wq0.0")) {
            rig.move(0, 0, 10);
            assertThat(second.write(rig.descriptor(0), 64)).isEqualTo(64);
        }
        try (DsaModel model = DsaModel.start(Rig.settings("pasid=false", ""))) {
            assertErrno(() -> model.open("wq0.0"), Errno.EINVAL);
        }
        try (DsaModel model = DsaModel.start(Rig.settings("", "type=kernel"))) {
            assertErrno(() -> model.open("wq0.0"), Errno.ENOENT);
        }
    }

    @Test
    void shouldMapWhereTheKernelLetsIt() throws LinuxException {
        try (Rig rig = new Rig(DsaSettings.DEFAULT, "wq1.1")) {
            assertErrno(rig::portal, Errno.EPERM);
        }
        try (Rig rig = new Rig(DsaSettings.DEFAULT.withRawio(true), "wq1.1");
                Portal portal = rig.portal()) {
            rig.move(0, 0, 10);
            assertThat(portal.enqcmd(rig.descriptor(0))).isTrue();
            assertThat(rig.await(0)).isEqualTo(1);
            rig.put(1, Rig.BATCH, rig.descriptor(3), 0, 2);
            assertThat(portal.enqcmd(rig.descriptor(1))).isTrue();
            assertThat(rig.await(1)).as("the kernel took batches away").isEqualTo(0x10);
        }
    }

    @Test
    void shouldLoseWhatIsSentTheWrongWay() throws LinuxException {
        try (Rig rig = Rig.of("");
                Portal portal = rig.portal()) {
            rig.move(0, 0, 10);
            assertThat(portal.enqcmd(rig.descriptor(0))).isFalse();
        }
        try (Rig rig = Rig.of("mode=shared");
                Portal portal = rig.portal()) {
            rig.move(0, 0, 10);
            portal.movdir64b(rig.descriptor(0));
            assertThat(rig.queue.device().softwareError().isValid()).isTrue();
        }
    }

    @Test
    void shouldBeLoudWhereAProcessorWouldKillTheProcess() throws LinuxException {
        try (Rig rig = new Rig(Rig.settings("", "").onProcessor(false, true), "wq0.0")) {
            final Portal portal = rig.portal();
            assertThatThrownBy(() -> portal.movdir64b(rig.descriptor(0))).hasMessageContaining("SIGILL");
            portal.close();
            assertThatThrownBy(() -> portal.enqcmd(rig.descriptor(0))).hasMessageContaining("SIGSEGV");
            rig.file.close();
            assertThat(rig.file.write(rig.descriptor(0), 64)).isEqualTo(-Errno.EBADF);
        }
    }

    @Test
    void shouldEndEverythingBeforeAFileIsClosed() throws LinuxException {
        try (Rig rig = Rig.of("")) {
            for (int i = 0; i < 64; i++) {
                rig.move(i, i * 10_000L, 9_000);
            }
            assertThat(rig.file.write(rig.descriptor(0), 64 * 64)).isEqualTo(64 * 64);
            rig.file.close();
            for (int i = 0; i < 64; i++) {
                assertThat(rig.status(i)).isEqualTo(1);
            }
        }
    }

    @Test
    void shouldTakeFromManyThreads() throws Exception {
        try (Rig rig = Rig.of("mode=shared size=8 threshold=8");
                Portal portal = rig.portal()) {
            final Thread[] threads = new Thread[4];
            for (int t = 0; t < threads.length; t++) {
                final int slot = t;
                threads[t] = Thread.ofPlatform().start(() -> {
                    for (int i = 0; i < 5_000; i++) {
                        rig.move(slot, slot * 1000L, 100);
                        while (!portal.enqcmd(rig.descriptor(slot))) {
                            Thread.onSpinWait();
                        }
                        rig.await(slot);
                    }
                });
            }
            for (final Thread thread : threads) {
                thread.join();
            }
            assertThat(rig.queue.ends()).isEqualTo(20_000);
        }
    }
}
