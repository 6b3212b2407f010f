package dma.dsa.internal;

import dma.dsa.device.DsaHost;
import dma.dsa.internal.engine.DsaEngine;
import dma.dsa.internal.engine.DsaSettings;
import dma.dsa.internal.sysfs.WorkQueueScan;
import java.util.List;

/** The engines of a host, for those who use them without OSGi, such as tests. */
public final class DsaEngines {
    private DsaEngines() {}

    /** One engine for each work queue that can be used now, in the order of devices and queues. */
    public static List<DsaEngine> of(final DsaHost host, final DsaSettings settings) {
        return WorkQueueScan.of(host).queues().stream()
                .filter(queue -> queue.whyNot().isEmpty())
                .map(queue -> new DsaEngine(host, queue, settings))
                .toList();
    }
}
