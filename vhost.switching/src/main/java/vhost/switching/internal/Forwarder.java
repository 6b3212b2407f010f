package vhost.switching.internal;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import vhost.core.api.VhostException;
import vhost.core.api.VhostPort;
import vhost.core.api.VhostPorts;
import vhost.core.api.VhostWorker;
import vhost.switching.Forwarding;
import vhost.switching.ForwardingMode;
import vhost.switching.MacEntry;
import vhost.switching.PortStatistics;

/**
 * The control side of forwarding: keeps the topology and hands each change of it to the workers, one by one. Any thread; the
 * lock is for control threads only, no worker ever takes it.
 */
final class Forwarder implements Forwarding, VhostPorts.Listener {
    private static final Logger LOG = LoggerFactory.getLogger(Forwarder.class);

    private static final int MAC_TABLE_ENTRIES = 8192;
    private static final int MAX_WORKERS = Long.SIZE;
    private static final long EXECUTE_MILLIS = 2000;
    private static final int EXECUTE_ATTEMPTS = 5;

    private final List<VhostWorker> workers;
    private final List<ForwardingTask> tasks = new ArrayList<>();
    private final MacTable stations;
    private final LongSupplier nanoClock;

    /** Guarded by this for writing. */
    private volatile Topology topology;

    /** Nothing is moved until {@link #start}. */
    Forwarder(final List<VhostWorker> workers, final Settings settings, final LongSupplier nanoClock, final long seed) {
        if (workers.size() > MAX_WORKERS) {
            throw new IllegalArgumentException(workers.size() + " workers; forwarding can use " + MAX_WORKERS);
        }
        this.workers = List.copyOf(workers);
        this.nanoClock = nanoClock;
        stations = new MacTable(MAC_TABLE_ENTRIES, seed);
        stations.ageing(settings.ageingNanos());
        topology = new Topology(settings, List.of());
        final AtomicInteger runningEpoch = new AtomicInteger();
        final Crossing[] crossings = new Crossing[workers.size()];
        for (int i = 0; i < crossings.length; i++) {
            final VhostWorker worker = workers.get(i);
            if (worker.index() != i) {
                throw new IllegalArgumentException("worker " + worker.index() + " at place " + i);
            }
            crossings[i] = new Crossing(worker, crossings);
            tasks.add(new ForwardingTask(worker, crossings[i], stations, runningEpoch, nanoClock));
        }
    }

    /** Attaches to the workers. */
    synchronized void start() {
        publish();
        for (int i = 0; i < workers.size(); i++) {
            workers.get(i).attach(tasks.get(i));
        }
    }

    /** Lets go of all ports and packets and leaves the workers. */
    synchronized void close() {
        final List<PortSlot> ports = topology.ports();
        topology = new Topology(topology.settings().withMode(ForwardingMode.SWITCH), List.of());
        publish();
        ports.forEach(this::abandon);
        for (int i = 0; i < workers.size(); i++) {
            workers.get(i).detach(tasks.get(i));
        }
    }

    /** Takes over other settings while traffic flows. */
    synchronized void configure(final Settings settings) {
        stations.ageing(settings.ageingNanos());
        topology = new Topology(settings, topology.ports());
        publish();
    }

    @Override
    public synchronized void opened(final VhostPort port) {
        final int slot = Long.numberOfTrailingZeros(~topology.liveSlots());
        if (slot >= VhostPorts.MAX_PORTS) {
            LOG.error("port {} takes no part in forwarding: there are {} ports already", port.name(), slot);
            return;
        }
        final List<PortSlot> ports = new ArrayList<>(topology.ports());
        ports.add(new PortSlot(slot, port, workers.size()));
        topology = new Topology(topology.settings(), ports);
        publish();
    }

    @Override
    public synchronized void closed(final VhostPort port) {
        final List<PortSlot> ports = new ArrayList<>(topology.ports());
        final PortSlot gone =
                ports.stream().filter(slot -> slot.port == port).findAny().orElse(null);
        if (gone == null) {
            return;
        }
        ports.remove(gone);
        topology = new Topology(topology.settings(), ports);
        publish();
        // Only now does no worker hand packets over to its queues, or look for such packets, any more.
        abandon(gone);
        stations.flush(1L << gone.slot);
    }

    private void publish() {
        final Topology next = topology;
        for (int i = 0; i < workers.size(); i++) {
            final ForwardingTask task = tasks.get(i);
            execute(workers.get(i), () -> task.apply(next));
        }
    }

    private void abandon(final PortSlot port) {
        for (int i = 0; i < workers.size() && workers.size() > 1; i++) {
            final ForwardingTask task = tasks.get(i);
            execute(workers.get(i), () -> task.abandon(port));
        }
    }

    private static void execute(final VhostWorker worker, final Runnable command) {
        for (int attempt = 1; ; attempt++) {
            try {
                worker.execute(command, EXECUTE_MILLIS);
                return;
            } catch (VhostException e) {
                if (attempt == EXECUTE_ATTEMPTS) {
                    // A worker that is stuck for this long moves no packets either.
                    LOG.error("worker {} does not take a change of forwarding, given up", worker.index(), e);
                    return;
                }
                LOG.warn("worker {} has not taken a change of forwarding yet: {}", worker.index(), e.getMessage());
            }
        }
    }

    @Override
    public ForwardingMode mode() {
        return topology.settings().mode();
    }

    @Override
    public List<PortStatistics> statistics() {
        return topology.ports().stream().map(PortSlot::statistics).toList();
    }

    @Override
    public List<MacEntry> macTable() {
        final String[] names = new String[VhostPorts.MAX_PORTS];
        topology.ports().forEach(port -> names[port.slot] = port.port.name());
        final List<MacEntry> entries = new ArrayList<>();
        stations.forEach(MacTable.ticks(nanoClock.getAsLong()), (mac, slot, age) -> {
            if (names[slot] != null) {
                entries.add(new MacEntry(MacTable.format(mac), names[slot], MacTable.tickMillis(age)));
            }
        });
        entries.sort(Comparator.comparingLong(MacEntry::ageMillis).thenComparing(MacEntry::mac));
        return entries;
    }

    @Override
    public int flush() {
        return stations.flush(-1L);
    }

    @Override
    public long evictions() {
        return stations.evictions();
    }
}
