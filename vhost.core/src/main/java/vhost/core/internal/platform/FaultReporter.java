package vhost.core.internal.platform;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import vhost.core.internal.device.VhostDevice;

/** Says what the data path found and may not say itself: one line for each change, from a thread of its own. */
final class FaultReporter {
    private static final Logger LOG = LoggerFactory.getLogger(FaultReporter.class);
    private static final long PERIOD_MILLIS = 200;

    private final List<VhostDevice> devices = new CopyOnWriteArrayList<>();
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("vhost-faults").factory());

    /** What was said last of each queue; the timer's thread only. */
    private final Map<String, String> said = new HashMap<>();

    FaultReporter() {
        timer.scheduleWithFixedDelay(this::look, PERIOD_MILLIS, PERIOD_MILLIS, TimeUnit.MILLISECONDS);
    }

    void watch(final VhostDevice device) {
        devices.add(device);
    }

    void ignore(final VhostDevice device) {
        devices.remove(device);
    }

    void close() {
        timer.shutdownNow();
    }

    private void look() {
        for (final VhostDevice device : devices) {
            device.forEachFault((queue, fault) -> {
                if (!fault.equals(said.put(queue, fault)) && !fault.isEmpty()) {
                    LOG.warn("{}: {}", queue, fault);
                }
            });
        }
    }
}
