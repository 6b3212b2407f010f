package dma.dsa.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dma.api.DmaException;
import dma.api.DmaOps;
import dma.dsa.internal.engine.Bench.Way;
import dma.dsa.internal.engine.DsaSettings.Submission;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How descriptors reach a device is found out when a queue is opened; where there is no way, it says why. */
@Timeout(60)
class OpenQueueTest {
    private static final int EPERM = 1;
    private static final int EBUSY = 16;
    private static final int EINVAL = 22;

    private static DsaSettings by(final Submission submission) {
        return new DsaSettings(submission, false, false, true, 4, 64);
    }

    @ParameterizedTest
    @CsvSource({
        "MOVDIR64B, AUTO, portal with MOVDIR64B",
        "ENQCMD, AUTO, portal with ENQCMD",
        "ENQCMD, PORTAL, portal with ENQCMD",
        "ENQCMD, WRITE, write",
        "MOVDIR64B, WRITE, write",
        "WRITE_DEDICATED, AUTO, write",
        "WRITE_SHARED, AUTO, write"
    })
    void shouldTakeTheWayThatIsThere(final Way way, final Submission wanted, final String found) throws Exception {
        try (Bench bench = Bench.opened(way, 16, by(wanted))) {
            assertThat(bench.engine.tryOut()).isEqualTo(found);
            bench.addMany(0, 5);
            assertThat(bench.submit()).isEqualTo(5);
            assertThat(bench.poll()).isEqualTo(5);
            assertThat(bench.queue.writes != 0).isEqualTo(found.equals("write"));
        }
    }

    @Test
    void shouldWriteWhereThePortalMayNotBeMapped() throws Exception {
        try (Bench bench = Bench.of(Way.MOVDIR64B, 16)) {
            bench.queue.mapErrno = EPERM;
            bench.open(DsaSettings.DEFAULT);
            bench.addMany(0, 5);
            assertThat(bench.submit()).isEqualTo(5);
            assertThat(bench.poll()).isEqualTo(5);
            assertThat(bench.queue.batches).isZero();
            bench.assertMade(0, 5);
        }
    }

    @Test
    void shouldSayWhyThereIsNoWay() {
        final Bench bench = Bench.of(Way.WRITE_DEDICATED, 16);
        bench.queue.writeResults.add(-(long) EINVAL);
        assertThatThrownBy(() -> bench.open(DsaSettings.DEFAULT))
                .isInstanceOf(DmaException.class)
                .hasMessage(
                        "dsa0/wq0.0: no way to submit: portal: the processor has no MOVDIR64B; write: this kernel has"
                                + " none for DSA (Linux 6.10 has, 6.9.1, 6.8.10); take a kernel with write(2) for DSA"
                                + " (Linux 6.10 or later), or give this process CAP_SYS_RAWIO");
        assertThat(bench.queue.closed).isEqualTo(bench.queue.opened);
    }

    @Test
    void shouldSayWhyThePortalAloneIsNoWay() {
        final Bench bench = Bench.of(Way.ENQCMD, 16);
        bench.queue.mapErrno = EPERM;
        assertThatThrownBy(() -> bench.open(by(Submission.PORTAL)))
                .isInstanceOf(DmaException.class)
                .hasMessageContaining("portal: this kernel lets only CAP_SYS_RAWIO map it; write: not wanted");
        assertThat(bench.queue.closed).isEqualTo(bench.queue.opened);
    }

    @Test
    void shouldNotBelieveAWriteThatNothingComesBackFrom() throws Exception {
        final Bench bench = Bench.of(Way.WRITE_SHARED, 16);
        bench.queue.hanging = true;
        assertThatThrownBy(() -> bench.open(DsaSettings.DEFAULT))
                .isInstanceOf(DmaException.class)
                .hasMessageContaining("takes descriptors and completes none")
                .hasMessageContaining("accel-config disable-device dsa0");
        assertThat(bench.queue.closed).isZero(); // it would wait for the device
        bench.queue.hanging = false;
        try (DmaOps channel = bench.engine.open("later")) {
            assertThat(bench.queue.opened).isEqualTo(1);
            assertThat(channel.completedCopies(bench.completions)).isZero();
        }
        assertThat(bench.queue.closed).isEqualTo(1);
    }

    @Test
    void shouldWaitForRoomForItsProbe() throws Exception {
        try (Bench bench = Bench.of(Way.WRITE_SHARED, 16)) {
            for (int i = 0; i < 20; i++) {
                bench.queue.writeResults.add(-11L);
            }
            bench.open(DsaSettings.DEFAULT);
            assertThat(bench.queue.writes).isEqualTo(21);
        }
    }

    @ParameterizedTest
    @CsvSource({
        EBUSY + ", another process has this dedicated queue",
        EINVAL + ", boot with intel_iommu=on",
        "13, chown",
        "2, accel-config enable-wq dsa0/wq0.0"
    })
    void shouldSayWhyAQueueDoesNotOpen(final int errno, final String remedy) {
        final Bench bench = Bench.of(Way.WRITE_DEDICATED, 16);
        bench.host.openErrno = errno;
        assertThatThrownBy(() -> bench.open(DsaSettings.DEFAULT))
                .isInstanceOf(DmaException.class)
                .hasMessageStartingWith("dsa0/wq0.0: open ")
                .hasMessageContaining("(errno " + errno + ")")
                .hasMessageContaining(remedy);
    }

    @Test
    void shouldOpenOnceForAllChannelsAndCloseAfterTheLast() throws Exception {
        try (Bench bench = Bench.opened(Way.WRITE_DEDICATED, 16)) {
            final DmaOps second = bench.engine.open("second");
            assertThat(bench.queue.opened).isEqualTo(1);
            bench.channel.close();
            bench.channel.close();
            assertThat(bench.queue.closed).isZero();
            second.close();
            assertThat(bench.queue.closed).isEqualTo(1);
            bench.engine.open("third").close();
            assertThat(bench.queue.opened).isEqualTo(2);
        }
    }

    @Test
    void shouldNotOpenWhatIsGone() throws Exception {
        try (Bench bench = Bench.opened(Way.WRITE_DEDICATED, 16)) {
            bench.engine.end();
            assertThatThrownBy(() -> bench.engine.open("late"))
                    .isInstanceOf(DmaException.class)
                    .hasMessage("dsa0/wq0.0 is gone; take another engine, or mend it with: accel-config enable-wq"
                            + " dsa0/wq0.0");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "WRITE_DEDICATED, 16, 16",
        "WRITE_DEDICATED, 1, 1",
        "MOVDIR64B, 16, 128",
        "WRITE_SHARED, 16, 512",
        "ENQCMD, 16, 512"
    })
    void shouldStateHowManyCopiesAQueueHolds(final Way way, final int size, final int copies) throws Exception {
        try (Bench bench = Bench.opened(way, size)) {
            assertThat(bench.engine.limits().maxInFlight()).isEqualTo(copies);
            assertThat(bench.engine.limits().maxCopyBytes()).isEqualTo(2_097_152);
            assertThat(bench.engine.limits().alignment()).isEqualTo(1);
            assertThat(bench.engine.limits().offloads()).isTrue();
            assertThat(bench.engine.limits().needsMapping()).isFalse();
        }
    }

    @Test
    void shouldRefuseSettingsThatMakeNoSense() {
        assertThatThrownBy(() -> Submission.parse("portals"))
                .hasMessage("dma.dsa: submission 'portals' is not known; use auto, write or portal");
        assertThat(Submission.parse("portal")).isEqualTo(Submission.PORTAL);
        assertThatThrownBy(() -> new DsaSettings(Submission.AUTO, false, false, true, -1, 1))
                .hasMessageContaining("resume.limit -1; use 0 to 100");
        assertThatThrownBy(() -> new DsaSettings(Submission.AUTO, false, false, true, 0, 4097))
                .hasMessageContaining("in.flight 4097; use 1 to 4096");
    }
}
