package vhost.core.internal.platform;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import vhost.core.api.PortSpec;
import vhost.core.api.VhostException;
import vhost.core.api.VhostPort;
import vhost.core.api.VhostPorts;
import vhost.core.internal.device.VhostDevice;
import vhost.core.internal.protocol.PortEvents;
import vhost.core.internal.protocol.PortServer;

/** The open ports. Control threads only; opening, closing and telling listeners happen under one lock, in one order. */
@Component(service = VhostPorts.class)
public final class PortRegistry implements VhostPorts {
    private static final Logger LOG = LoggerFactory.getLogger(PortRegistry.class);

    private final WorkerPool workers;
    private final Engines engines;
    private final FaultReporter faults;
    private final Map<String, OpenPort> ports = new LinkedHashMap<>();
    private final List<Listener> listeners = new ArrayList<>();
    private int opened;

    /** A port and what talks to its front-end. */
    private record OpenPort(VhostDevice device, PortServer server) {}

    /** The device hears of its sessions from the sessions themselves; what is left is a front-end out of reach. */
    private record Notes(VhostDevice device) implements PortEvents {
        @Override
        public void connected() {
            // the device was told by the session
        }

        @Override
        public void ended(final String reason) {
            // likewise
        }

        @Override
        public void unreachable(final String reason) {
            device.note(reason);
        }
    }

    @Activate
    public PortRegistry(
            @Reference(name = "workers") final WorkerPool workers, @Reference(name = "engines") final Engines engines) {
        this.workers = workers;
        this.engines = engines;
        this.faults = new FaultReporter();
    }

    @Deactivate
    public synchronized void close() {
        List.copyOf(ports.keySet()).forEach(this::close);
        faults.close();
    }

    @Override
    public synchronized VhostPort open(final PortSpec spec) throws VhostException {
        final OpenPort same = ports.get(spec.name());
        if (same != null && same.device.spec().equals(spec)) {
            return same.device;
        }
        refuseTaken(spec);
        final VhostDevice device = new VhostDevice(spec, opened, workers.internal(), engines.registry());
        boolean open = false;
        try {
            ports.put(spec.name(), new OpenPort(device, PortServer.open(spec, device, new Notes(device))));
            opened++;
            open = true;
        } finally {
            if (!open) {
                device.close();
            }
        }
        faults.watch(device);
        for (final Listener listener : listeners) {
            listener.opened(device);
        }
        return device;
    }

    private void refuseTaken(final PortSpec spec) throws VhostException {
        if (ports.containsKey(spec.name())) {
            throw new VhostException("port name " + spec.name() + " is in use for socket "
                    + ports.get(spec.name()).device.spec().socket() + "; choose another name or remove that port");
        }
        for (final OpenPort port : ports.values()) {
            if (port.device.spec().socket().equals(spec.socket())) {
                throw new VhostException("socket " + spec.socket() + " is in use by port " + port.device.name()
                        + "; choose another path or remove that port");
            }
        }
        if (ports.size() == MAX_PORTS) {
            throw new VhostException(
                    "port " + spec.name() + ": all " + MAX_PORTS + " ports are open; remove one first");
        }
    }

    @Override
    public synchronized boolean close(final String name) {
        final OpenPort port = ports.remove(name);
        if (port == null) {
            return false;
        }
        faults.ignore(port.device);
        port.server.close();
        for (final Listener listener : listeners) {
            try {
                listener.closed(port.device);
            } catch (RuntimeException e) {
                LOG.error(
                        "port {}: {} failed to let go of it",
                        name,
                        listener.getClass().getName(),
                        e);
            }
        }
        port.device.close();
        return true;
    }

    @Override
    public synchronized List<VhostPort> ports() {
        return ports.values().stream().map(port -> (VhostPort) port.device).toList();
    }

    @Override
    public synchronized Optional<VhostPort> port(final String name) {
        return Optional.ofNullable(ports.get(name)).map(OpenPort::device);
    }

    @Override
    public synchronized void addListener(final Listener listener) {
        listeners.add(listener);
        ports.values().forEach(port -> listener.opened(port.device));
    }

    @Override
    public synchronized void removeListener(final Listener listener) {
        listeners.remove(listener);
    }
}
