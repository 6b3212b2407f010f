package dma.model.internal.cbdma;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dma.cbdma.device.VfioContainer;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReference;
import linux.Linux;
import linux.LinuxException;
import linux.Memory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The thread: when there is one, when it sleeps, what it costs, and how long it holds on to memory. */
@Timeout(120)
class ModelThreadTest {
    private static final String NAME = "dma-model-cbdma";

    private CbdmaModel model;

    private static long threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(each -> each.getName().equals(NAME))
                .count();
    }

    private void start(final CbdmaSettings settings) {
        model = CbdmaModel.start(settings);
    }

    @AfterEach
    void close() {
        model.close();
        assertThat(threads()).isZero();
    }

    @Test
    void shouldRunFromTheFirstDeviceOnOnly() throws Exception {
        start(CbdmaSettings.DEFAULT);
        assertThat(threads()).isZero();
        try (HandDriver first = new HandDriver(model);
                HandDriver second = new HandDriver(model, 1)) {
            first.arm();
            second.arm();
            assertThat(threads()).isOne();
            HandDriver.until(() -> model.thread().isParked());
        }
    }

    @Test
    void shouldMissNoDoorbellWhenItFallsAsleep() throws Exception {
        // Without polling it goes to sleep after each descriptor.
        start(CbdmaSettings.DEFAULT.withSpin(0));
        try (HandDriver driver = new HandDriver(model)) {
            driver.pattern();
            driver.arm();
            for (int i = 0; i < 20_000; i++) {
                driver.copy(i, i % 1000, 1 + i % 64);
                driver.doorbell(i + 1);
                driver.awaitWord(i);
            }
            assertThat(model.count(Counter.DESCRIPTORS)).isEqualTo(20_000);
        }
    }

    @Test
    void shouldAllocateNothingPerDescriptor() throws Exception {
        start(CbdmaSettings.DEFAULT.withTiming(new Timing(true, 100, 10, 100_000)));
        try (HandDriver driver = new HandDriver(model)) {
            driver.pattern();
            driver.arm();
            int published = run(driver, 0, 50_000);
            final long thread = Thread.getAllStackTraces().keySet().stream()
                    .filter(each -> each.getName().equals(NAME))
                    .findFirst()
                    .orElseThrow()
                    .threadId();
            final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
            final long before = threads.getThreadAllocatedBytes(thread);
            run(driver, published, 50_000);
            // Compiled code may still change hands: a fraction of a byte a descriptor is not the data path's.
            assertThat(threads.getThreadAllocatedBytes(thread) - before).isLessThan(20_000);
        }
    }

    @Test
    void shouldAllocateNothingForAnAccessOfARegister() throws Exception {
        start(CbdmaSettings.DEFAULT);
        try (HandDriver driver = new HandDriver(model)) {
            driver.arm();
            final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
            access(driver, 20_000);
            final long before = threads.getCurrentThreadAllocatedBytes();
            access(driver, 20_000);
            assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(10_000);
        }
    }

    private static void access(final HandDriver driver, final int times) {
        for (int i = 0; i < times; i++) {
            driver.registers.write16(HandDriver.DMACOUNT, 0);
            if (driver.registers.read64(HandDriver.CHANSTS) != ChannelState.ARMED) {
                throw new AssertionError("not armed any more");
            }
        }
    }

    private static int run(final HandDriver driver, final int from, final int count) {
        int published = from;
        while (published < from + count) {
            for (int i = 0; i < 50; i++) {
                driver.copy(published, i * 64, 64);
                published++;
            }
            driver.doorbell(published & 0xFFFF);
            driver.awaitWord(published - 1);
        }
        return published;
    }

    @Test
    void shouldHoldNoMemoryOnceItIsUnmapped() throws Exception {
        start(CbdmaSettings.DEFAULT);
        final AtomicReference<Throwable> failure = new AtomicReference<>();
        try (HandDriver busy = new HandDriver(model);
                HandDriver other = new HandDriver(model, 1)) {
            busy.pattern();
            busy.arm();
            other.arm();
            final Thread worker = Thread.ofPlatform().start(() -> {
                try {
                    run(busy, 0, 100_000);
                } catch (Throwable e) {
                    failure.set(e);
                }
            });
            // What is given back to the system while the model still used it would end this process.
            int halts = 0;
            for (int i = 0; i < 300; i++) {
                halts += unmapUnder(other) ? 1 : 0;
            }
            worker.join();
            assertThat(failure.get()).isNull();
            assertThat(halts).isPositive();
        }
    }

    /** Takes memory away while copies go there; whether they met a fault. */
    private static boolean unmapUnder(final HandDriver driver) throws LinuxException {
        final long size = 256 * 1024;
        final long iova = 0x20_0000_0000L;
        final long guest =
                Linux.mmap(size, Linux.PROT_READ | Linux.PROT_WRITE, Linux.MAP_PRIVATE | Linux.MAP_ANONYMOUS, -1, 0);
        driver.container.mapDma(guest, iova, size, VfioContainer.READ | VfioContainer.WRITE);
        driver.arm();
        Memory.putLongRelease(driver.memory + HandDriver.WORD, 0);
        for (int i = 0; i < 60; i++) {
            driver.descriptor(i, HandDriver.UPDATE, size, HandDriver.IOVA + HandDriver.SOURCE, iova);
        }
        driver.doorbell(60);
        HandDriver.until(() -> driver.word() != 0);
        driver.container.unmapDma(iova, size);
        Linux.munmap(guest, size);
        HandDriver.until(() -> driver.state() != ChannelState.ACTIVE);
        return driver.state() == ChannelState.HALTED;
    }

    @Test
    void shouldReachNothingOfADeviceThatWasClosed() throws Exception {
        start(CbdmaSettings.DEFAULT);
        for (int i = 0; i < 100; i++) {
            final HandDriver driver = new HandDriver(model);
            driver.arm();
            for (int slot = 0; slot < 60; slot++) {
                driver.copy(slot, 0, 512 * 1024);
            }
            driver.doorbell(60);
            HandDriver.until(() -> driver.word() != 0);
            // Unmaps from the process what copies are still asked for.
            driver.close();
        }
        assertThat(model.violations()).isEmpty();
    }

    @Test
    void shouldTakeAtLeastTheTimeOfTheModel() throws Exception {
        start(CbdmaSettings.DEFAULT.withTiming(new Timing(true, 2_000_000, 1_000_000, 1)));
        try (HandDriver driver = new HandDriver(model)) {
            driver.arm();
            final long first = System.nanoTime();
            driver.copy(0, 0, 500);
            driver.doorbell(1);
            driver.awaitWord(0);
            assertThat(System.nanoTime() - first).isGreaterThanOrEqualTo(2_500_000);
            final long second = System.nanoTime();
            driver.copy(1, 500, 1500);
            driver.copy(2, 2000, 1);
            driver.doorbell(3);
            driver.awaitWord(2);
            // Latency, 1500 bytes at 1 MB/s, then the least time of the last one.
            assertThat(System.nanoTime() - second).isGreaterThanOrEqualTo(4_500_000);
        }
    }

    @Test
    void shouldPipelineLatencyAsPublished() {
        start(CbdmaSettings.DEFAULT);
        final Timing timing = Timing.PUBLISHED;
        // Alone: latency and transfer. Behind another: the greater of the least time and the transfer.
        assertThat(timing.due(1000, 0, 600)).isEqualTo(1000 + 1500 + 100);
        assertThat(timing.due(1000, 5000, 600)).isEqualTo(5150);
        assertThat(timing.due(1000, 5000, 6_000_000)).isEqualTo(5000 + 1_000_000);
        final Pace pace = new Pace(timing);
        pace.begin(0);
        // Doorbells that never pause do not delay what was published before them.
        final long[] ends = new long[100];
        for (int i = 0; i < ends.length; i++) {
            pace.doorbell(i + 1, i * 500L);
            ends[i] = pace.due(i, 64);
        }
        assertThat(ends).isEqualTo(Arrays.stream(ends).sorted().toArray());
        assertThat(ends[99]).isEqualTo(99 * 500 + 1500 + 10);
    }
}
