package dma.cpu.internal;

import dma.api.DmaEngine;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.metatype.annotations.Designate;

/**
 * Further threads that copy: one for each configuration of the factory {@code dma.cpu.worker}, such as
 * {@code conf/dma.cpu.worker-second.cfg}. Its key {@code dma.engine.name} names the engine, as the service property of that
 * name.
 */
@Component(
        service = DmaEngine.class,
        configurationPid = "dma.cpu.worker",
        configurationPolicy = ConfigurationPolicy.REQUIRE,
        property = {DmaEngine.TYPE + "=cpu", DmaEngine.BACKING + "=software", DmaEngine.NUMA_NODE + ":Integer=-1"})
@Designate(ocd = WorkerConfig.class, factory = true)
public final class ConfiguredWorkerEngine extends WorkerEngine {
    @Activate
    public ConfiguredWorkerEngine(final WorkerConfig config) {
        super(settings("dma.cpu.worker", config));
    }

    @Deactivate
    @Override
    public void close() {
        super.close();
    }
}
