package vhost.switching.internal;

import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;
import org.osgi.service.metatype.annotations.Option;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import vhost.core.api.VhostPorts;
import vhost.core.api.VhostWorkers;
import vhost.switching.Forwarding;
import vhost.switching.ForwardingMode;
import vhost.switching.MacEntry;
import vhost.switching.PortStatistics;

/** Forwarding as a service, with the configuration {@code vhost.forwarding}; all else is {@link Forwarder}. */
@Component(immediate = true, configurationPid = ForwardingComponent.PID)
@Designate(ocd = ForwardingComponent.Config.class)
public final class ForwardingComponent implements Forwarding {
    static final String PID = "vhost.forwarding";

    private static final Logger LOG = LoggerFactory.getLogger(ForwardingComponent.class);

    private final VhostPorts ports;
    private final Forwarder forwarder;

    /** How packets are moved between the ports. All of it can be changed while traffic flows. */
    @ObjectClassDefinition(name = "Forwarding", description = "How packets are moved between the ports")
    public @interface Config {
        @AttributeDefinition(
                description = "what is done with packets",
                options = {
                    @Option(label = "port 0 to 1 and back, 2 to 3 and back ...", value = "io"),
                    @Option(label = "as io, with the Ethernet addresses set", value = "mac"),
                    @Option(label = "back to where they came from, Ethernet addresses exchanged", value = "macswap"),
                    @Option(label = "received and thrown away", value = "rxonly"),
                    @Option(label = "made up and sent to every guest", value = "txonly"),
                    @Option(label = "a learning switch", value = "switch")
                })
        String mode() default "switch";

        @AttributeDefinition(description = "how long the switch knows a silent station, seconds", min = "1")
        int ageing_seconds() default 300;

        @AttributeDefinition(
                description = "how long the switch waits for a guest without buffers before it drops, milliseconds",
                min = "0",
                max = "60000")
        int patience_millis() default 10;

        @AttributeDefinition(description = "length of the packets that txonly sends", min = "60", max = "9728")
        int txonly_bytes() default 64;

        @AttributeDefinition(description = "most packets taken from a queue at a time", min = "1", max = "256")
        int burst() default 64;
    }

    @Activate
    public ForwardingComponent(
            final Config config,
            @Reference(name = "ports", policyOption = ReferencePolicyOption.GREEDY) final VhostPorts ports,
            @Reference(name = "workers", policyOption = ReferencePolicyOption.GREEDY) final VhostWorkers workers) {
        this.ports = ports;
        forwarder = new Forwarder(
                workers.workers(),
                settings(config),
                System::nanoTime,
                ThreadLocalRandom.current().nextLong());
        // First all ports that are open: between one and the next, a packet could go where it would not with both.
        ports.addListener(forwarder);
        forwarder.start();
        LOG.debug("forwarding mode {}", forwarder.mode().configName());
    }

    /** A configuration that makes no sense changes nothing. */
    @Modified
    void modified(final Config config) {
        try {
            final ForwardingMode before = forwarder.mode();
            forwarder.configure(settings(config));
            if (forwarder.mode() != before) {
                LOG.info("forwarding mode {}", forwarder.mode().configName());
            }
        } catch (IllegalArgumentException e) {
            LOG.error("{}; forwarding goes on as before", e.getMessage());
        }
    }

    @Deactivate
    void close() {
        ports.removeListener(forwarder);
        forwarder.close();
    }

    private static Settings settings(final Config config) {
        return new Settings(
                ForwardingMode.of(config.mode()),
                config.ageing_seconds(),
                config.patience_millis(),
                config.txonly_bytes(),
                config.burst());
    }

    @Override
    public ForwardingMode mode() {
        return forwarder.mode();
    }

    @Override
    public List<PortStatistics> statistics() {
        return forwarder.statistics();
    }

    @Override
    public List<MacEntry> macTable() {
        return forwarder.macTable();
    }

    @Override
    public int flush() {
        return forwarder.flush();
    }

    @Override
    public long evictions() {
        return forwarder.evictions();
    }
}
