package vhost.core.internal.platform;

import dma.api.DmaEngine;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.osgi.framework.ServiceReference;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
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
        String engine() default "cpu-inline";

        @AttributeDefinition(description = "bytes from which on a copy goes to the engine")
        int threshold() default 1024;
    }

    private static final Logger LOG = LoggerFactory.getLogger(Engines.class);

    /** Engines may come from a folder that is read when all else has started. */
    private static final long PATIENCE_MILLIS = 2000;

    private final EngineRegistry registry = new EngineRegistry();
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("vhost-engines").factory());

    /** Names of engines that were there at some time: who takes one away knows that it is gone. */
    private final Set<String> seen = ConcurrentHashMap.newKeySet();

    @Activate
    @Modified
    void configure(final Config config) {
        if (config.threshold() < 0) {
            throw new IllegalArgumentException(
                    "vhost.engines: threshold " + config.threshold() + "; use 0 or more bytes");
        }
        registry.want(config.engine(), config.threshold());
        timer.schedule(() -> missing(config.engine()), PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
    }

    private void missing(final String engine) {
        if (!engine.equals(BUILTIN) && !seen.contains(engine) && engine.equals(wanted())) {
            final String others = engines().stream().map(EngineView::name).collect(Collectors.joining(", "));
            LOG.warn(
                    "engine {} is wanted and not there; the core copies until it comes; there {}",
                    engine,
                    others.isEmpty() ? "is none" : "are: " + others);
        }
    }

    @Deactivate
    void close() {
        timer.shutdownNow();
    }

    @Reference(service = DmaEngine.class, cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    void bindEngine(final DmaEngine engine, final ServiceReference<DmaEngine> reference) {
        final String bundle = reference.getBundle().getSymbolicName();
        if (!(reference.getProperty(DmaEngine.NAME) instanceof String name)) {
            LOG.warn("an engine of bundle {} is not used: its service has no property {}", bundle, DmaEngine.NAME);
            return;
        }
        seen.add(name);
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
