package dma.model.internal.dsa;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.List;
import linux.LinuxException;
import linux.Memory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Bursts through the whole model, and what they cost; in which order they end, {@link RecordsTest} tells. */
@Timeout(60)
class BurstTest {
    private static final int COPIES = 64;

    @ParameterizedTest
    @CsvSource({"1, false", "4, false", "1, true", "4, true"})
    void shouldEndAllOfABurst(final int engines, final boolean published) throws LinuxException {
        final DsaSettings settings =
                Rig.settings("engines=" + engines, "").withTiming(published ? DsaTiming.PUBLISHED : DsaTiming.NONE);
        try (Rig rig = new Rig(settings, "wq0.0")) {
            // A hang gathers the burst, so that the thread finds all of it at once.
            rig.model.change(DsaFaults.NONE.with(DsaFault.HANG, "every=1 millis=-1"));
            for (int i = 0; i < COPIES; i++) {
                rig.move(i, i * 1000L, i % 8 == 0 ? 900 : 64);
                rig.submit(i);
            }
            Rig.await(() -> rig.model.injected(DsaFault.HANG) > 0);
            rig.model.change(DsaFaults.NONE);
            rig.model.reset();
            for (int i = 0; i < COPIES; i++) {
                assertThat(rig.await(i)).isEqualTo(1);
                rig.assertCopied(i * 1000L, i % 8 == 0 ? 900 : 64);
            }
        }
    }

    @Test
    void shouldAllocateNothingPerDescriptor() throws LinuxException {
        final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        for (final DsaTiming timing : List.of(DsaTiming.NONE, DsaTiming.PUBLISHED)) {
            final DsaSettings settings =
                    Rig.settings("engines=4", "").withTiming(timing).withPatience(50_000, 3_600_000_000_000L);
            try (Rig rig = new Rig(settings, "wq0.0")) {
                final long thread = Thread.getAllStackTraces().keySet().stream()
                        .filter(each -> each.getName().equals("dma-model-dsa0"))
                        .mapToLong(Thread::threadId)
                        .max()
                        .orElseThrow();
                many(rig, 2_000); // until the compiler has seen all of it
                final long before = threads.getThreadAllocatedBytes(thread);
                final long beforeMine = threads.getCurrentThreadAllocatedBytes();
                many(rig, 1_000);
                final long device = threads.getThreadAllocatedBytes(thread) - before;
                final long submitter = threads.getCurrentThreadAllocatedBytes() - beforeMine;
                assertThat(device).as("device").isLessThan(20_000);
                assertThat(submitter).as("submitter").isLessThan(20_000);
            }
        }
    }

    /** So many bursts of all descriptors. */
    private static void many(final Rig rig, final int bursts) {
        for (int i = 0; i < COPIES; i++) {
            rig.move(i, i * 1000L, 64);
        }
        for (int burst = 0; burst < bursts; burst++) {
            for (int i = 0; i < COPIES; i++) {
                Memory.putIntRelease(rig.record(i), 0);
            }
            rig.file.write(rig.descriptor(0), COPIES * 64L);
            for (int i = 0; i < COPIES; i++) {
                while (rig.status(i) == 0) {
                    Thread.onSpinWait();
                }
            }
        }
    }
}
