package dma.cbdma.internal;

import dma.api.DmaEngine;
import dma.api.DmaException;
import dma.api.DmaLimits;
import dma.api.DmaOps;
import dma.cbdma.internal.pci.PciFunction;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The CBDMA functions of a NUMA node. Each is one channel, and so serves one virtqueue. Any thread; while a channel is
 * opened, which takes some ten milliseconds, others wait.
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
    public synchronized DmaOps open(final String owner) throws DmaException {
        final List<String> failures = new ArrayList<>();
        for (final PciFunction function : functions.values()) {
            if (!taken.containsKey(function.address())) {
                try {
                    return open(owner, function);
                } catch (UnusableException e) {
                    failures.add(function + ": " + e.getMessage());
                }
            }
        }
        if (!failures.isEmpty()) {
            throw new DmaException(name + " has no channel for " + owner + ": " + String.join(". ", failures));
        }
        if (functions.isEmpty()) {
            throw new DmaException(name + " has no functions any more; bind some to vfio-pci, or take another engine");
        }
        throw new DmaException(name + " has no channel for " + owner + ": a function serves one queue, and "
                + taken.entrySet().stream()
                        .map(each -> each.getKey() + " serves " + each.getValue())
                        .collect(Collectors.joining(", "))
                + "; give one of these queues another engine, or bind more functions to vfio-pci");
    }

    private CbdmaChannel open(final String owner, final PciFunction function) throws UnusableException {
        final Taken mine = new Taken(owner);
        taken.put(function.address(), mine);
        try {
            mine.channel = CbdmaChannel.open(OpenFunction.open(containers, function), ring, pacer, this);
            return mine.channel;
        } finally {
            if (mine.channel == null) {
                taken.remove(function.address());
            }
        }
    }

    @Override
    public synchronized void closed(final CbdmaChannel channel, final boolean stopped) {
        final PciFunction function = channel.function().function();
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
