package dma.cbdma.internal;

import dma.api.DmaEngine;
import dma.api.DmaException;
import dma.api.DmaLimits;
import dma.api.DmaOps;
import dma.cbdma.internal.pci.PciFunction;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The CBDMA functions of a NUMA node. Each is one channel, and so serves one virtqueue. Any thread; a channel takes some
 * tenths of a second to open, several may be opened at a time.
 */
public final class CbdmaEngine implements DmaEngine, CbdmaChannel.Owner {
    private static final Logger LOG = LoggerFactory.getLogger(CbdmaEngine.class);

    private final String name;
    private final int numaNode;
    private final boolean model;
    private final int ring;
    private final Pacer pacer;
    private final Containers containers;
    private final DmaLimits limits;

    /** What may be opened, by address. */
    private Map<String, PciFunction> functions = Map.of();

    /** Functions that somebody has, by address; also those whose channel did not stop, for good. */
    private final Map<String, Taken> taken = new TreeMap<>();

    /** Who has a function; the channel is null while it is opened. */
    private static final class Taken {
        private final String owner;
        private CbdmaChannel channel;
        private boolean lost;

        Taken(final String owner) {
            this.owner = owner;
        }

        @Override
        public String toString() {
            return lost ? owner + " (it did not stop)" : owner;
        }
    }

    CbdmaEngine(
            final String name,
            final List<FunctionState> usable,
            final boolean model,
            final Settings settings,
            final Pacer pacer,
            final Containers containers) {
        this.name = name;
        this.numaNode = usable.getFirst().function().numaNode();
        this.model = model;
        this.ring = settings.ring();
        this.pacer = pacer;
        this.containers = containers;
        this.limits = new DmaLimits(maxCopyBytes(usable), ring - 1, 1, true, true);
    }

    /** A copy has at most all descriptors of the ring. Without an IOMMU each is a piece of a page, two for a page of copy. */
    private long maxCopyBytes(final List<FunctionState> usable) {
        final long transfer =
                usable.stream().mapToLong(FunctionState::maxTransfer).min().orElseThrow();
        final boolean physical =
                usable.stream().anyMatch(each -> each.function().noIommu());
        return physical ? (long) (ring / 2 - 1) * Mapping.PAGE : (ring - 1) * transfer;
    }

    /** The service property {@link DmaEngine#NAME}. */
    public String name() {
        return name;
    }

    /** The service property {@link DmaEngine#NUMA_NODE}. */
    public int numaNode() {
        return numaNode;
    }

    /** The service property {@link DmaEngine#BACKING}. */
    public String backing() {
        return model ? "model" : "hardware";
    }

    /** These functions may be opened from now on; channels of others go on. */
    synchronized void offer(final List<FunctionState> usable) {
        functions = usable.stream()
                .map(FunctionState::function)
                .collect(Collectors.toMap(
                        PciFunction::address, function -> function, (first, second) -> first, TreeMap::new));
    }

    /** Who has which function, for people. */
    synchronized Map<String, String> owners() {
        final Map<String, String> owners = new TreeMap<>();
        taken.forEach((address, by) -> owners.put(address, by.toString()));
        return owners;
    }

    @Override
    public DmaLimits limits() {
        return limits;
    }

    @Override
    public DmaOps open(final String owner) throws DmaException {
        final Map<String, String> failures = new TreeMap<>();
        for (PciFunction free = reserve(owner, failures); free != null; free = reserve(owner, failures)) {
            try {
                return open(free);
            } catch (UnusableException e) {
                failures.put(free.address(), free + ": " + e.getMessage());
            }
        }
        throw new DmaException(whyNone(owner, failures));
    }

    /** Takes a function that is free and was not tried; null where there is none. */
    private synchronized PciFunction reserve(final String owner, final Map<String, String> tried) {
        for (final PciFunction function : functions.values()) {
            if (!taken.containsKey(function.address()) && !tried.containsKey(function.address())) {
                taken.put(function.address(), new Taken(owner));
                return function;
            }
        }
        return null;
    }

    private CbdmaChannel open(final PciFunction function) throws UnusableException {
        CbdmaChannel channel = null;
        try {
            channel = CbdmaChannel.open(OpenFunction.open(containers, function), ring, pacer, this);
            return channel;
        } finally {
            opened(function, channel);
        }
    }

    private synchronized void opened(final PciFunction function, final CbdmaChannel channel) {
        if (channel == null) {
            taken.remove(function.address());
        } else {
            taken.get(function.address()).channel = channel;
        }
    }

    private synchronized String whyNone(final String owner, final Map<String, String> failures) {
        if (!failures.isEmpty()) {
            return name + " has no channel for " + owner + ": " + String.join(". ", failures.values());
        }
        if (functions.isEmpty()) {
            return name + " has no functions any more; bind some to vfio-pci, or take another engine";
        }
        final long lost = taken.values().stream().filter(by -> by.lost).count();
        return name + " has no channel for " + owner + ": a function serves one queue, and none of " + functions.size()
                + " is free" + (lost == 0 ? "" : " (" + lost + " did not stop)")
                + "; open ports with fewer queues (--queues), assign fewer, or bind more functions to vfio-pci";
    }

    @Override
    public synchronized void closed(final CbdmaChannel channel, final boolean stopped) {
        final PciFunction function = channel.function().function();
        final long halts = channel.halts().read();
        if (HaltCount.count(halts) > 0) {
            LOG.warn(
                    "{}: {} halted {} times for {}; the last CHANERR was {}",
                    name,
                    function,
                    HaltCount.count(halts),
                    taken.get(function.address()),
                    ChannelError.names(HaltCount.error(halts)));
        }
        if (stopped) {
            taken.remove(function.address());
        } else {
            taken.get(function.address()).lost = true;
            LOG.error(
                    "{}: {} does not stop: it and the memory it reaches are left alone until this process ends",
                    name,
                    function);
        }
    }

    /** How often each open channel has halted. Any thread. */
    synchronized Map<String, HaltCount> halts() {
        final Map<String, HaltCount> halts = new HashMap<>();
        taken.forEach((address, by) -> {
            if (by.channel != null) {
                halts.put(address + " (" + by + ")", by.channel.halts());
            }
        });
        return halts;
    }

    @Override
    public String toString() {
        return name;
    }
}
