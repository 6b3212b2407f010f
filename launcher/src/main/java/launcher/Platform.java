package launcher;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Dictionary;
import java.util.HashMap;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.felix.framework.FrameworkFactory;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.FrameworkEvent;
import org.osgi.framework.FrameworkListener;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.launch.Framework;
import org.osgi.framework.startlevel.BundleStartLevel;
import org.osgi.framework.startlevel.FrameworkStartLevel;
import org.osgi.service.cm.Configuration;
import org.osgi.service.cm.ConfigurationAdmin;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A Felix framework with the bundles of a distribution. */
final class Platform {
    /** Framework properties that bundles find. */
    static final String RUNTIME_FOLDER = "vhost.runtime.folder";

    static final String STATE_FOLDER = "vhost.state.folder";
    static final String CONSOLE = "vhost.console";

    /** Service property of a {@code Callable}: the command whose work it does. */
    static final String MAIN = "vhost.main";

    private static final Logger LOG = LoggerFactory.getLogger(Platform.class);

    /** Bundles below this level are what the rest is configured with. */
    private static final int CONFIGURATION_LEVEL = 1;

    /** That of bundles that {@code conf/config.properties} does not name. */
    static final int DEFAULT_LEVEL = 3;

    /** Only lend their packages. */
    static final int NEVER = 0;

    private static final int LAST_LEVEL = 5;
    private static final int START_SECONDS = 60;
    private static final int STOP_SECONDS = 10;

    private final Framework framework;
    private final Map<Bundle, Throwable> failures;

    private Platform(Framework framework, Map<Bundle, Throwable> failures) {
        this.framework = framework;
        this.failures = failures;
    }

    /**
     * Starts all bundles.
     *
     * @param more framework properties beside those of {@code conf/config.properties}, which they overrule
     * @param settings what must be configured before the bundles that need it start
     */
    static Platform start(Home home, Path cache, Map<String, String> more, List<Setting> settings) {
        Map<String, String> properties = new HashMap<>(home.properties());
        properties.putAll(more);
        Map<String, Object> configuration = new HashMap<>(properties);
        configuration.put(Constants.FRAMEWORK_STORAGE, cache.toString());
        configuration.put(Constants.FRAMEWORK_STORAGE_CLEAN, Constants.FRAMEWORK_STORAGE_CLEAN_ONFIRSTINIT);
        configuration.put(Constants.FRAMEWORK_BEGINNING_STARTLEVEL, String.valueOf(CONFIGURATION_LEVEL));
        configuration.put("felix.log.logger", Logging.ofFramework());
        configuration.put("felix.fileinstall.tmpdir", cache.resolve("deploy").toString());
        configuration.put("gosh.home", home.folder().toString());

        @SuppressWarnings({"unchecked", "rawtypes"}) // Felix takes objects too, such as the logger.
        Framework framework = new FrameworkFactory().newFramework((Map) configuration);
        Map<Bundle, Throwable> failures = new HashMap<>();
        Platform platform = new Platform(framework, failures);
        try {
            framework.init();
            framework.getBundleContext().addFrameworkListener(event -> platform.note(event));
            platform.install(home, levels(properties));
            framework.start();
            platform.configure(settings);
            platform.climb();
        } catch (BundleException | IOException | InvalidSyntaxException e) {
            platform.stop();
            throw new Failure("the platform cannot start: " + e.getMessage());
        } catch (RuntimeException e) {
            platform.stop();
            throw e;
        }
        return platform;
    }

    /** The lines {@code start.level.N = bundle, bundle} of the properties. */
    private static Map<String, Integer> levels(Map<String, String> properties) {
        Map<String, Integer> levels = new HashMap<>();
        for (int level = NEVER; level <= LAST_LEVEL; level++) {
            for (String bundle :
                    properties.getOrDefault(Home.START_LEVEL + level, "").split("[,\\s]+")) {
                levels.put(bundle, level);
            }
        }
        return levels;
    }

    /** The jars stay where they are: the cache holds only what is unpacked from them. */
    private void install(Home home, Map<String, Integer> levels) throws BundleException {
        BundleContext context = framework.getBundleContext();
        List<Path> jars = new ArrayList<>(home.bundles());
        jars.add(home.launcher());
        List<Bundle> started = new ArrayList<>();
        for (Path jar : jars) {
            String name = jar.getFileName().toString().replaceFirst("\\.jar$", "");
            int level = levels.getOrDefault(name, DEFAULT_LEVEL);
            Bundle bundle = context.installBundle("reference:" + jar.toUri());
            if (level != NEVER) {
                bundle.adapt(BundleStartLevel.class).setStartLevel(level);
                started.add(bundle);
            }
        }
        for (Bundle bundle : started) {
            // Nothing runs below its level yet: this only marks it as to be started.
            bundle.start(Bundle.START_ACTIVATION_POLICY);
        }
    }

    private void configure(List<Setting> settings) throws IOException, InvalidSyntaxException {
        BundleContext context = framework.getBundleContext();
        ServiceReference<ConfigurationAdmin> reference = context.getServiceReference(ConfigurationAdmin.class);
        if (reference == null) {
            throw new Failure("the platform cannot start: no ConfigurationAdmin; is the distribution complete?");
        }
        ConfigurationAdmin admin = context.getService(reference);
        for (Setting setting : settings) {
            Configuration configuration = setting.name() == null
                    ? admin.getConfiguration(setting.pid(), "?")
                    : admin.getFactoryConfiguration(setting.pid(), setting.name(), "?");
            Dictionary<String, Object> properties = new Hashtable<>(setting.properties());
            configuration.updateIfDifferent(properties);
        }
        context.ungetService(reference);
    }

    /** Raises the start level, and waits until every bundle of it has been started. */
    private void climb() {
        CountDownLatch reached = new CountDownLatch(1);
        FrameworkListener listener = event -> {
            if (event.getType() == FrameworkEvent.STARTLEVEL_CHANGED) {
                reached.countDown();
            }
        };
        framework.adapt(FrameworkStartLevel.class).setStartLevel(LAST_LEVEL, listener);
        try {
            if (!reached.await(START_SECONDS, TimeUnit.SECONDS)) {
                throw new Failure("the bundles did not start within " + START_SECONDS + " s");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Failure("interrupted while the bundles started");
        }
    }

    private void note(FrameworkEvent event) {
        if (event.getType() == FrameworkEvent.ERROR) {
            synchronized (failures) {
                failures.putIfAbsent(event.getBundle(), event.getThrowable());
            }
        }
    }

    /** The bundles that could not start, each with the reason. */
    Map<String, String> failures() {
        synchronized (failures) {
            Map<String, String> reasons = new TreeMap<>();
            failures.forEach((bundle, cause) -> reasons.put(bundle.getSymbolicName(), Failures.reason(cause)));
            return reasons;
        }
    }

    /**
     * Does what a bundle offers for {@code command}: calls the service {@code Callable} with the property {@code
     * vhost.main=COMMAND}.
     *
     * @return its result, an exit status
     */
    int call(String command) {
        return ask(command) instanceof Number status ? status.intValue() : 0;
    }

    /** As {@link #call}, for a bundle that returns something else than a status. */
    Object ask(String command) {
        BundleContext context = framework.getBundleContext();
        try {
            List<ServiceReference<?>> references = new ArrayList<>();
            ServiceReference<?>[] found =
                    context.getAllServiceReferences(Callable.class.getName(), "(" + MAIN + "=" + command + ")");
            if (found != null) {
                references.addAll(Arrays.asList(found));
            }
            if (references.isEmpty()) {
                throw new Failure(missing(command));
            }
            return ((Callable<?>) context.getService(references.getFirst())).call();
        } catch (InvalidSyntaxException e) {
            throw new IllegalStateException(e);
        } catch (Failure e) {
            throw e;
        } catch (Exception e) {
            LOG.debug("{} failed", command, e);
            throw new Failure(Failures.reason(e));
        }
    }

    private String missing(String command) {
        String reasons = failures().entrySet().stream()
                .map(failure -> failure.getKey() + ": " + failure.getValue())
                .collect(Collectors.joining("; "));
        return "no bundle offers '" + command + "'" + (reasons.isEmpty() ? "" : "; " + reasons);
    }

    BundleContext context() {
        return framework.getBundleContext();
    }

    /** Waits until somebody stops the framework. */
    void await() {
        try {
            Set<Integer> restarts = Set.of(FrameworkEvent.STOPPED_UPDATE, FrameworkEvent.STOPPED_SYSTEM_REFRESHED);
            while (restarts.contains(framework.waitForStop(0).getType())) {
                framework.start();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (BundleException e) {
            throw new Failure("the framework did not start again: " + e.getMessage());
        }
    }

    /** Stops all bundles and the framework. Does nothing where it has stopped. */
    void stop() {
        try {
            framework.stop();
            FrameworkEvent event = framework.waitForStop(TimeUnit.SECONDS.toMillis(STOP_SECONDS));
            if (event.getType() == FrameworkEvent.WAIT_TIMEDOUT) {
                LOG.warn("the bundles did not stop within {} s", STOP_SECONDS);
            }
        } catch (BundleException e) {
            LOG.warn("cannot stop the framework: {}", e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * A configuration.
     *
     * @param pid whose
     * @param name of the instance where {@code pid} is a factory's, or null
     */
    record Setting(String pid, String name, Map<String, Object> properties) {}
}
