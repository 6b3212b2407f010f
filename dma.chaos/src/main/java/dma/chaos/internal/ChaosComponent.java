package dma.chaos.internal;

import dma.api.DmaEngine;
import dma.chaos.ChaosEngine;
import dma.chaos.Fault;
import dma.chaos.Settings;
import java.util.Dictionary;
import java.util.Hashtable;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Offers a {@link ChaosEngine} as a service, as configuration {@code dma.chaos} says: the keys of {@link Settings#of}, and
 *
 * <ul>
 *   <li>{@code name}, the engine's name; {@code chaos}
 *   <li>{@code flap.millis}, after how long each the service goes and comes; 0, the default, leaves it there
 *   <li>{@code late.millis}, how often late copies are made by a thread; 0, the default, only by {@code chaos:late}
 * </ul>
 *
 * <p>Each violation is logged as an error. A change of the configuration makes a new engine and forgets the old one's.
 */
@Component(
        service = ChaosComponent.class,
        immediate = true,
        configurationPid = "dma.chaos",
        property = {
            "osgi.command.scope=chaos",
            "osgi.command.function=violations",
            "osgi.command.function=injected",
            "osgi.command.function=late"
        })
public final class ChaosComponent {
    private static final Logger LOG = LoggerFactory.getLogger(ChaosComponent.class);

    private final BundleContext context;
    private final ChaosEngine engine;
    private final Dictionary<String, Object> properties = new Hashtable<>();
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("dma-chaos").factory());
    private ServiceRegistration<DmaEngine> registration;
    private boolean ended;

    @Activate
    public ChaosComponent(final BundleContext context, final Map<String, Object> configuration) {
        final Map<String, Object> given = new TreeMap<>(configuration);
        // What the framework, and whoever read the file, have added.
        given.keySet().removeIf(key -> key.matches("(osgi|service|component|felix|)\\..*"));
        final Object name = given.remove("name");
        final long flapMillis = millis(given, "flap.millis");
        final long lateMillis = millis(given, "late.millis");
        this.context = context;
        this.engine = new ChaosEngine(
                Settings.of(given), System::nanoTime, violation -> LOG.error("against the contract: {}", violation));
        properties.put(DmaEngine.NAME, name == null ? "chaos" : String.valueOf(name));
        properties.put(DmaEngine.TYPE, "chaos");
        properties.put(DmaEngine.BACKING, "software");
        properties.put(DmaEngine.NUMA_NODE, -1);
        flap();
        if (flapMillis > 0) {
            timer.scheduleWithFixedDelay(this::flap, flapMillis, flapMillis, TimeUnit.MILLISECONDS);
        }
        if (lateMillis > 0) {
            timer.scheduleWithFixedDelay(engine::writeLate, lateMillis, lateMillis, TimeUnit.MILLISECONDS);
        }
    }

    private static long millis(final Map<String, Object> given, final String key) {
        final Object value = given.remove(key);
        try {
            final long millis =
                    value == null ? 0 : Long.parseLong(String.valueOf(value).strip());
            if (millis >= 0) {
                return millis;
            }
        } catch (NumberFormatException e) {
            // What follows says it better.
        }
        throw new IllegalArgumentException("dma.chaos: " + key + ": '" + value + "'; use 0 or more milliseconds");
    }

    private synchronized void flap() {
        if (registration != null) {
            registration.unregister();
            registration = null;
        } else if (!ended) {
            registration = context.registerService(DmaEngine.class, engine, properties);
        }
    }

    @Deactivate
    void end() {
        timer.shutdown();
        synchronized (this) {
            ended = true;
            if (registration != null) {
                flap();
            }
        }
    }

    /** What the core did against the contract: how many times, then a line each. */
    public String violations() {
        final StringBuilder lines = new StringBuilder("violations: " + engine.violationCount());
        engine.violations().forEach(each -> lines.append('\n').append(each));
        return lines.toString();
    }

    /** How often each fault has happened, of those that have. */
    public String injected() {
        final StringBuilder lines = new StringBuilder("copies made: " + engine.copies());
        for (final Fault fault : Fault.values()) {
            if (engine.injected(fault) > 0) {
                lines.append('\n').append(fault.key()).append(": ").append(engine.injected(fault));
            }
        }
        return lines.toString();
    }

    /** Makes the copies that are late; how many. */
    public int late() {
        return engine.writeLate();
    }
}
