package dma.dsa.internal;

import dma.api.DmaEngine;
import dma.dsa.device.DsaHost;
import dma.dsa.internal.engine.DsaEngine;
import dma.dsa.internal.engine.DsaSettings;
import dma.dsa.internal.engine.DsaSettings.Submission;
import dma.dsa.internal.host.KernelHost;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Dictionary;
import java.util.Hashtable;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.metatype.annotations.Designate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One {@link DmaEngine} service for each work queue that can be used: of this host always, and of each model that is offered as a
 * {@link DsaHost}. A virtual thread looks again now and then, where there is something to look at: a host without idxd costs
 * nothing.
 */
@Component(
        service = DsaComponent.class,
        immediate = true,
        configurationPid = "dma.dsa",
        property = {"osgi.command.scope=dsa", "osgi.command.function=counters"})
@Designate(ocd = DsaConfig.class)
public final class DsaComponent {
    private static final Logger LOG = LoggerFactory.getLogger(DsaComponent.class);

    private final BundleContext context;
    private final DsaSettings settings;
    private final Duration rescan;
    private final Map<DsaHost, HostWatch> watches = new ConcurrentHashMap<>();
    private Thread thread;
    private boolean ended;

    @Activate
    public DsaComponent(final BundleContext context, final DsaConfig config) {
        this.context = context;
        this.settings = new DsaSettings(
                Submission.parse(config.submission()),
                config.prefault(),
                config.block_on_fault(),
                config.align_destinations(),
                config.resume_limit(),
                config.in_flight());
        if (config.rescan_seconds() < 0) {
            throw new IllegalArgumentException("dma.dsa: rescan.seconds is negative; use 0 or more seconds");
        }
        this.rescan = Duration.ofSeconds(config.rescan_seconds());
        bindHost(new KernelHost());
    }

    @Deactivate
    void end() {
        synchronized (this) {
            ended = true;
            if (thread != null) {
                thread.interrupt();
            }
        }
        watches.values().forEach(HostWatch::end);
        watches.clear();
    }

    @Reference(policy = ReferencePolicy.DYNAMIC, cardinality = ReferenceCardinality.MULTIPLE)
    void bindHost(final DsaHost host) {
        final HostWatch watch = new HostWatch(host, settings, this::register, LOG::info);
        watches.put(host, watch);
        watch.scan();
        if (!rescan.isZero() && Files.isDirectory(host.sysfs())) {
            startRescan();
        }
    }

    /** The first virtual thread of a JVM brings platform threads with it. */
    private synchronized void startRescan() {
        if (thread == null && !ended) {
            thread = Thread.ofVirtual().name("dma-dsa-rescan").start(this::run);
        }
    }

    /** Returns when no channel is open on the host's work queues. */
    void unbindHost(final DsaHost host) {
        final HostWatch watch = watches.remove(host);
        if (watch != null) {
            watch.end();
        }
    }

    private Runnable register(final DsaEngine engine) {
        final Dictionary<String, Object> properties = new Hashtable<>();
        properties.put(DmaEngine.NAME, engine.name());
        properties.put(DmaEngine.TYPE, "dsa");
        properties.put(DmaEngine.NUMA_NODE, engine.queue().device().numaNode());
        properties.put(DmaEngine.BACKING, engine.isModel() ? "model" : "hardware");
        final ServiceRegistration<DmaEngine> registration =
                context.registerService(DmaEngine.class, engine, properties);
        return () -> unregister(registration);
    }

    private static void unregister(final ServiceRegistration<DmaEngine> registration) {
        try {
            registration.unregister();
        } catch (IllegalStateException e) {
            LOG.debug("dsa: the framework was faster, as when the bundle stops", e);
        }
    }

    private void run() {
        try {
            while (true) {
                Thread.sleep(rescan);
                watches.values().forEach(HostWatch::scan);
            }
        } catch (InterruptedException e) {
            LOG.debug("dsa: no more looks"); // the component does
        }
    }

    /** What the device has made of copies, a line for each engine. */
    public String counters() {
        final String all = watches.values().stream()
                .flatMap(watch -> watch.engines().stream())
                .map(engine -> engine.name() + (engine.isModel() ? " (model): " : ": ") + engine.counts())
                .sorted()
                .collect(Collectors.joining("\n"));
        return all.isEmpty() ? "there is no DSA work queue; ./vhost doctor tells why" : all;
    }
}
