package vhost.core.internal.platform;

import dma.api.DmaEngine;
import java.util.List;
import org.osgi.framework.ServiceReference;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import vhost.core.api.VhostEngines;
import vhost.core.internal.device.EngineRegistry;

/** Finds engines as OSGi services. */
@Component(
        service = {VhostEngines.class, Engines.class},
        configurationPid = "vhost.engines")
@Designate(ocd = Engines.Config.class)
public final class Engines implements VhostEngines {
    /** {@code vhost.engines}. */
    @ObjectClassDefinition(name = "vhost engines")
    public @interface Config {
        @AttributeDefinition(description = "name of the engine that serves the queues; builtin: the core copies itself")
        String engine() default "cpu";

        @AttributeDefinition(description = "bytes from which on a copy goes to the engine")
        int threshold() default 1024;
    }

    private static final Logger LOG = LoggerFactory.getLogger(Engines.class);

    private final EngineRegistry registry = new EngineRegistry();

    @Activate
    @Modified
    void configure(final Config config) {
        if (config.threshold() < 0) {
            throw new IllegalArgumentException(
                    "vhost.engines: threshold " + config.threshold() + "; use 0 or more bytes");
        }
        registry.want(config.engine(), config.threshold());
    }

    @Reference(service = DmaEngine.class, cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    void bindEngine(final DmaEngine engine, final ServiceReference<DmaEngine> reference) {
        final String bundle = reference.getBundle().getSymbolicName();
        if (!(reference.getProperty(DmaEngine.NAME) instanceof String name)) {
            LOG.warn("an engine of bundle {} is not used: its service has no property {}", bundle, DmaEngine.NAME);
            return;
        }
        registry.offered(
                engine,
                name,
                String.valueOf(reference.getProperty(DmaEngine.TYPE)),
                String.valueOf(reference.getProperty(DmaEngine.BACKING)),
                reference.getProperty(DmaEngine.NUMA_NODE) instanceof Integer node ? node : -1,
                bundle);
    }

    void unbindEngine(final DmaEngine engine) {
        registry.withdrawn(engine);
    }

    EngineRegistry registry() {
        return registry;
    }

    @Override
    public List<EngineView> engines() {
        return registry.engines();
    }

    @Override
    public String wanted() {
        return registry.wanted();
    }

    @Override
    public int threshold() {
        return registry.threshold();
    }
}
