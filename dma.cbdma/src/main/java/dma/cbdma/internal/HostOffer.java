package dma.cbdma.internal;

import dma.api.DmaEngine;
import java.util.Dictionary;
import java.util.HashMap;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The engines of one host as OSGi services, which come and go as functions do. Says what there is when that changes, and
 * nothing else. One thread at a time.
 */
final class HostOffer {
    private static final Logger LOG = LoggerFactory.getLogger(HostOffer.class);

    private final BundleContext context;
    private final CbdmaEngines engines;
    private final HaltLog halts = new HaltLog();
    private final Map<CbdmaEngine, ServiceRegistration<DmaEngine>> services = new HashMap<>();
    private String said = "";

    HostOffer(final BundleContext context, final CbdmaEngines engines) {
        this.context = context;
        this.engines = engines;
    }

    CbdmaEngines engines() {
        return engines;
    }

    /** Whether there may be something else another time: functions of hardware are there from the beginning. */
    boolean mayChange() {
        return engines.host().isModel() || !engines.states().isEmpty();
    }

    void refresh() {
        final List<FunctionState> states = engines.refresh();
        final List<CbdmaEngine> usable = engines.usable();
        say(new Summary(engines.host(), states).line());
        services.keySet().stream()
                .filter(engine -> !usable.contains(engine))
                .toList()
                .forEach(this::withdraw);
        usable.forEach(engine -> services.computeIfAbsent(engine, this::register));
        engines.all().forEach(engine -> halts.look(engine, LOG::warn));
    }

    private void say(final String line) {
        if (!line.equals(said)) {
            said = line;
            LOG.info(line);
        }
    }

    private ServiceRegistration<DmaEngine> register(final CbdmaEngine engine) {
        final Dictionary<String, Object> properties = new Hashtable<>();
        properties.put(DmaEngine.NAME, engine.name());
        properties.put(DmaEngine.TYPE, "cbdma");
        properties.put(DmaEngine.NUMA_NODE, engine.numaNode());
        properties.put(DmaEngine.BACKING, engine.backing());
        return context.registerService(DmaEngine.class, engine, properties);
    }

    private void withdraw(final CbdmaEngine engine) {
        services.remove(engine).unregister(); // returns when its channels are closed
    }

    void close() {
        List.copyOf(services.keySet()).forEach(this::withdraw);
        engines.all().forEach(engine -> halts.look(engine, LOG::warn));
    }
}
