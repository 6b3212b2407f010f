package dma.cbdma.internal;

import dma.api.DmaDiagnosis;
import dma.cbdma.device.CbdmaHost;
import dma.cbdma.internal.vfio.KernelHost;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.metatype.annotations.Designate;

/**
 * Offers the engines of this host, and of each {@link CbdmaHost} that is a service. Looks now and then, on a virtual thread,
 * whether functions were bound or unbound; not where there are none, for chipsets grow none.
 */
@Component(service = CbdmaComponent.class, immediate = true, configurationPid = "dma.cbdma")
@Designate(ocd = CbdmaConfig.class)
public final class CbdmaComponent {
    private final BundleContext context;
    private final Settings settings;
    private final Duration rescan;
    private final Map<CbdmaHost, HostOffer> offers = new LinkedHashMap<>();
    private final ServiceRegistration<DmaDiagnosis> diagnosis;
    private Thread rescanner;
    private boolean ended;

    @Activate
    public CbdmaComponent(final BundleContext context, final CbdmaConfig config) {
        if (config.rescan_seconds() < 0) {
            throw new IllegalArgumentException("dma.cbdma: rescan.seconds is negative; use 0 or more seconds");
        }
        this.context = context;
        this.settings = Settings.of(config.functions(), config.noiommu(), config.ring());
        this.rescan = Duration.ofSeconds(config.rescan_seconds());
        addHost(new KernelHost());
        this.diagnosis = context.registerService(DmaDiagnosis.class, new CbdmaDiagnosis(this::engines), null);
    }

    @Reference(service = CbdmaHost.class, policy = ReferencePolicy.DYNAMIC, cardinality = ReferenceCardinality.MULTIPLE)
    synchronized void addHost(final CbdmaHost host) {
        if (!ended) {
            final HostOffer offer = new HostOffer(context, new CbdmaEngines(host, settings));
            offers.put(host, offer);
            offer.refresh();
            if (rescanner == null && offer.mayChange() && !rescan.isZero()) {
                rescanner = Thread.ofVirtual().name("dma-cbdma-rescan").start(this::rescan);
            }
        }
    }

    /** Returns when nobody uses an engine of it any more. */
    synchronized void removeHost(final CbdmaHost host) {
        final HostOffer offer = offers.remove(host);
        if (offer != null) {
            offer.close();
        }
    }

    private void rescan() {
        try {
            while (true) {
                Thread.sleep(rescan);
                synchronized (this) {
                    if (ended || offers.values().stream().noneMatch(HostOffer::mayChange)) {
                        rescanner = null;
                        return;
                    }
                    offers.values().stream().filter(HostOffer::mayChange).forEach(HostOffer::refresh);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // the component ends
        }
    }

    private synchronized List<CbdmaEngines> engines() {
        return offers.values().stream().map(HostOffer::engines).toList();
    }

    @Deactivate
    void end() {
        diagnosis.unregister();
        synchronized (this) {
            ended = true;
            List.copyOf(offers.keySet()).forEach(this::removeHost);
            if (rescanner != null) {
                rescanner.interrupt();
            }
        }
    }
}
