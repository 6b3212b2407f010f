package dma.cbdma.internal;

import dma.cbdma.device.CbdmaHost;
import dma.cbdma.internal.pci.Discovery;
import dma.cbdma.internal.pci.PciFunction;
import dma.cbdma.internal.pci.Problem;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The engines of a host: one for each NUMA node that has functions which can be used. Any thread.
 *
 * <p>A function that looks good in sysfs is opened once to see whether it is. It is closed again, so that others may have it
 * until there is a queue for it.
 */
public final class CbdmaEngines {
    private final CbdmaHost host;
    private final Settings settings;
    private final Pacer pacer;
    private final Discovery discovery;
    private final Containers containers;

    /** By node. They stay, as their channels may. */
    private final Map<Integer, CbdmaEngine> engines = new TreeMap<>();

    /** What was found good, as sysfs showed it then. */
    private final Map<PciFunction, FunctionState> known = new HashMap<>();

    /** What each that was ever found good said of itself, by address: one that is in use is not opened to look. */
    private final Map<String, FunctionState> facts = new HashMap<>();

    private List<FunctionState> states = List.of();

    /** Of {@code host}; nothing is looked at before {@link #refresh}. */
    public CbdmaEngines(final CbdmaHost host, final Settings settings) {
        this(host, settings, Pacer.SYSTEM);
    }

    CbdmaEngines(final CbdmaHost host, final Settings settings, final Pacer pacer) {
        this.host = host;
        this.settings = settings;
        this.pacer = pacer;
        this.discovery = new Discovery(host, settings.noIommu());
        this.containers = new Containers(host);
    }

    /** The engines that {@code host} has now. */
    public static List<CbdmaEngine> of(final CbdmaHost host, final Settings settings) {
        final CbdmaEngines engines = new CbdmaEngines(host, settings);
        engines.refresh();
        return engines.usable();
    }

    /** What the engines are of. */
    public CbdmaHost host() {
        return host;
    }

    Discovery discovery() {
        return discovery;
    }

    /** Looks again, and has engines offer what is there now. Opens only functions that it does not know. */
    public synchronized List<FunctionState> refresh() {
        if (settings.isNone()) {
            return List.of();
        }
        states = discovery.scan().stream().map(this::state).toList();
        known.clear();
        states.stream().filter(FunctionState::isUsable).forEach(state -> known.put(state.function(), state));
        final Map<Integer, List<FunctionState>> nodes = states.stream()
                .filter(FunctionState::isUsable)
                .collect(Collectors.groupingBy(FunctionState::node, TreeMap::new, Collectors.toList()));
        nodes.forEach((node, usable) -> engines.computeIfAbsent(node, absent -> create(node, usable)));
        engines.forEach((node, engine) -> engine.offer(nodes.getOrDefault(node, List.of())));
        return states;
    }

    private CbdmaEngine create(final int node, final List<FunctionState> usable) {
        return new CbdmaEngine(host.name() + node, usable, host.isModel(), settings, pacer, containers);
    }

    private FunctionState state(final PciFunction function) {
        if (!settings.allows(function.address())) {
            return FunctionState.unusable(
                    function, new Problem("it is not among the functions of dma.cbdma", "add it to functions there"));
        }
        if (!function.isPromising()) {
            return FunctionState.unusable(function, function.problem());
        }
        final FunctionState before = known.get(function);
        if (before != null) {
            return before;
        }
        final FunctionState fact = facts.get(function.address());
        return fact != null && owners().containsKey(function.address())
                ? new FunctionState(function, null, fact.version(), fact.maxTransfer())
                : probe(function);
    }

    private FunctionState probe(final PciFunction function) {
        try {
            final OpenFunction open = OpenFunction.look(containers, function);
            try {
                final FunctionState good = new FunctionState(function, null, open.version(), open.maxTransfer());
                facts.put(function.address(), good);
                return good;
            } finally {
                open.close();
            }
        } catch (UnusableException e) {
            return FunctionState.unusable(function, e.problem());
        }
    }

    /** How it stood with each function when somebody looked last. */
    synchronized List<FunctionState> states() {
        return states;
    }

    /** Engines that have something to offer. */
    public synchronized List<CbdmaEngine> usable() {
        return states.stream()
                .filter(FunctionState::isUsable)
                .map(FunctionState::node)
                .distinct()
                .map(engines::get)
                .toList();
    }

    /** All that there ever were, for their channels. */
    synchronized List<CbdmaEngine> all() {
        return List.copyOf(engines.values());
    }

    /** Who has which function. */
    synchronized Map<String, String> owners() {
        return engines.values().stream()
                .map(CbdmaEngine::owners)
                .flatMap(owners -> owners.entrySet().stream())
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue, (first, second) -> first));
    }
}
