package dma.cpu.internal;

import dma.api.DmaEngine;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.metatype.annotations.Designate;

/**
 * The engine {@code cpu-worker}: there without any configuration; {@code conf/dma.cpu.worker.default.cfg} changes it.
 *
 * <p>It has a PID of its own. If it shared that of the further instances it would vanish with the first configuration of one
 * of them: a component has an instance for each configuration of its PID, and only without any of them one by itself.
 */
@Component(
        service = DmaEngine.class,
        configurationPid = "dma.cpu.worker.default",
        property = {
            DmaEngine.NAME + "=cpu-worker",
            DmaEngine.TYPE + "=cpu",
            DmaEngine.BACKING + "=software",
            DmaEngine.NUMA_NODE + ":Integer=-1"
        })
@Designate(ocd = WorkerConfig.class)
public final class DefaultWorkerEngine extends WorkerEngine {
    @Activate
    public DefaultWorkerEngine(final WorkerConfig config) {
        super(settings("dma.cpu.worker.default", config));
    }

    @Deactivate
    @Override
    public void close() {
        super.close();
    }
}
