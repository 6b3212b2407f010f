package vhost.core.internal.platform;

import dma.api.DmaEngine;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.osgi.framework.ServiceReference;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import vhost.core.api.VhostEngines;
import vhost.core.api.VhostException;
import vhost.core.internal.device.Assignments;
import vhost.core.internal.device.EngineRegistry;

/**
 * Finds engines as OSGi services, and what is wished of them in two configurations: {@code vhost.engines}, which people
 * write, as a file mostly, and {@code vhost.assignments}, where {@link #assign} keeps its rules. So a file that is read
 * again does not undo what was assigned, and nothing is ever written to a file of somebody.
 *
 * <p>{@link #assign} changes the queues itself and has {@link RuleStore} keep what it did, so that a change costs the queues
 * nothing but the change.
 */
@Component(
        service = {VhostEngines.class, Engines.class},
        configurationPid = {EnginesConfig.PID, EnginesConfig.ASSIGNMENTS_PID})
public final class Engines implements VhostEngines {
    /** {@code vhost.engines}. Values may be texts; {@link EnginesConfig} reads them. */
    @ObjectClassDefinition(name = "vhost engines", pid = EnginesConfig.PID)
    public @interface Config {
        @AttributeDefinition(description = "name of the engine that serves the queues; builtin: the core copies itself")
        String engine() default "cpu-inline";

        @AttributeDefinition(description = "bytes from which on a copy goes to the engine, or auto")
        String threshold() default "1024";

        @AttributeDefinition(description = "cpu or wait: who makes copies that the engine has no room for")
        String overflow() default "cpu";

        @AttributeDefinition(description = "milliseconds a copy may take before its engine is not believed any more")
        int deadline_millis() default 100;

        @AttributeDefinition(
                description =
                        "rules PATTERN ENGINE THRESHOLD for single queues, the last that matches wins; - leaves a word")
        String[] assignments() default {};
    }

    private static final Logger LOG = LoggerFactory.getLogger(Engines.class);

    /** Engines may come from a folder that is read when all else has started. */
    private static final long PATIENCE_MILLIS = 2000;

    private final EngineRegistry registry = new EngineRegistry();
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("vhost-engines").factory());

    /** Names of engines that were there at some time, or whose absence was told: once is enough. */
    private final Set<String> seen = ConcurrentHashMap.newKeySet();

    private volatile ConfigurationAdmin admin;

    /** One change at a time, until the queues have it. */
    private final Object changing = new Object();

    private volatile EnginesConfig config = EnginesConfig.DEFAULT;

    // Guarded by changing.
    private final RuleStore store = new RuleStore();
    private Set<String> complaints = Set.of();

    @Activate
    @Modified
    void configure(final Map<String, Object> properties) {
        synchronized (changing) {
            final Set<String> now = new HashSet<>();
            final EnginesConfig told =
                    config.read(properties, line -> tell(line, now, LOG::error), line -> tell(line, now, LOG::warn));
            complaints = now;
            final EnginesConfig next = store.isNews(properties) ? told : told.withAssigned(config.assigned());
            if (!next.settings().equals(registry.settings())) { // else it is the echo of what we stored
                use(next);
            }
        }
    }

    private void use(final EnginesConfig next) {
        config = next;
        registry.want(next.settings());
        if (!seen.containsAll(next.settings().assignments().engines())) {
            timer.schedule(this::tellMissing, PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    /** One line for what is wrong, not one for each {@link #assign} while it stays so: both configurations come each time. */
    private void tell(final String line, final Set<String> now, final Consumer<String> log) {
        if (now.add(line) && !complaints.contains(line)) {
            log.accept(line);
        }
    }

    private void tellMissing() {
        for (final String engine : registry.settings().assignments().engines()) {
            if (seen.add(engine)) {
                final String others = engines().stream().map(EngineView::name).collect(Collectors.joining(", "));
                LOG.warn(
                        "engine {} is wanted and not there; the core copies until it comes; there {}",
                        engine,
                        others.isEmpty() ? "is none" : "are: " + others);
            }
        }
    }

    @Deactivate
    void close() {
        timer.shutdownNow();
        storeNow();
        registry.close();
    }

    @Reference(
            service = ConfigurationAdmin.class,
            cardinality = ReferenceCardinality.OPTIONAL,
            policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY)
    void bindConfigurations(final ConfigurationAdmin next) {
        admin = next;
    }

    void unbindConfigurations(final ConfigurationAdmin gone) {
        if (admin == gone) {
            admin = null;
        }
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

    // ---- wishes ----

    @Override
    public void assign(final String pattern, final String engine) throws VhostException {
        add(pattern, engine, null);
    }

    @Override
    public void assign(final String pattern, final String engine, final int threshold) throws VhostException {
        add(pattern, engine, checked(threshold));
    }

    @Override
    public void threshold(final String pattern, final int threshold) throws VhostException {
        add(pattern, null, checked(threshold));
    }

    private static int checked(final int threshold) throws VhostException {
        if (threshold < 0 && threshold != AUTO) {
            throw new VhostException("threshold " + threshold + "; use 0 or more bytes, or " + AUTO + " to learn it");
        }
        return threshold;
    }

    private void add(final String pattern, final String engine, final Integer threshold) throws VhostException {
        final Assignments.Rule rule;
        try {
            rule = new Assignments.Rule(pattern, engine, threshold);
        } catch (IllegalArgumentException e) {
            throw new VhostException(e.getMessage(), e);
        }
        change(rules -> Assignments.with(rules, rule));
    }

    @Override
    public void forgetAssigned() throws VhostException {
        change(rules -> List.of());
    }

    /** Changes the rules that were assigned; the queues have what they say when this returns. */
    private void change(final UnaryOperator<List<Assignments.Rule>> step) throws VhostException {
        final ConfigurationAdmin keeper = admin;
        if (keeper == null) {
            throw new VhostException(
                    "there is no ConfigurationAdmin to keep a wish in; start org.apache.felix.configadmin");
        }
        synchronized (changing) {
            final List<Assignments.Rule> next = step.apply(config.assigned());
            if (store.keep(next, keeper)) {
                storeLater();
            }
            use(config.withAssigned(next));
        }
        final List<String> unsettled = registry.unsettled();
        if (!unsettled.isEmpty()) {
            throw new VhostException("the wish is kept, but the owner of " + String.join(", ", unsettled)
                    + " does not answer; see the log");
        }
    }

    private void storeLater() {
        timer.schedule(this::storeWhenDue, RuleStore.TOGETHER_MILLIS, TimeUnit.MILLISECONDS);
    }

    private void storeWhenDue() {
        synchronized (changing) {
            if (store.isDue()) {
                storeNow();
            } else {
                storeLater();
            }
        }
    }

    private void storeNow() {
        final ConfigurationAdmin keeper = admin;
        if (keeper != null) {
            synchronized (changing) {
                store.store(keeper);
            }
        }
    }

    // ---- views ----

    @Override
    public List<EngineView> engines() {
        return registry.engines();
    }

    @Override
    public String wanted() {
        return registry.settings().assignments().engine();
    }

    @Override
    public int threshold() {
        return registry.settings().assignments().threshold();
    }

    @Override
    public List<Rule> rules() {
        final EnginesConfig now = config;
        return Stream.concat(
                        now.stated().stream().map(rule -> view(rule, false)),
                        now.assigned().stream().map(rule -> view(rule, true)))
                .toList();
    }

    private static Rule view(final Assignments.Rule rule, final boolean assigned) {
        return new Rule(rule.pattern(), rule.engineText(), rule.thresholdText(), assigned);
    }

    @Override
    public Wish wish(final String name) {
        return registry.wish(name);
    }

    @Override
    public List<Swap> swaps(final int max) {
        return registry.swaps(max);
    }

    @Override
    public long swapCount() {
        return registry.swapCount();
    }

    @Override
    public ThresholdReport explain(final String name) throws VhostException {
        return registry.explain(name);
    }
}
