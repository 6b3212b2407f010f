package vhost.core.internal.device;

import dma.api.DmaEngine;
import dma.api.DmaException;
import dma.api.DmaLimits;
import dma.api.DmaOps;
import dma.api.MemoryRegion;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import vhost.core.api.VhostEngines;
import vhost.core.api.VhostException;
import vhost.core.internal.async.CopyChannel;

/**
 * Which engines are there, and which serves which queue. A wish outlives its engine: queues copy themselves while the wanted
 * one is away and get it back when it returns. Any thread; all under one lock, which the data path never sees.
 */
public final class EngineRegistry implements VhostEngines {
    private static final Logger LOG = LoggerFactory.getLogger(EngineRegistry.class);

    private final Map<String, Offer> offers = new TreeMap<>();

    /** Engines whose name another one has; they take its place when it goes. */
    private final List<Map.Entry<String, Offer>> waiting = new ArrayList<>();

    private final Map<VhostQueueImpl, Binding> bindings = new LinkedHashMap<>();
    private String wanted = BUILTIN;
    private int threshold = Integer.MAX_VALUE;

    /** An engine on offer. */
    private record Offer(
            DmaEngine engine, String type, String backing, int numaNode, String bundle, DmaLimits limits) {}

    /** What serves one queue. */
    private static final class Binding {
        Offer offer;
        CopyChannel copies;
        DmaOps channel;
        final Map<MemoryRegion, Boolean> announced = new HashMap<>();
        List<MemoryRegion> memory = List.of();
    }

    /** What all queues are to be served by, from now on. */
    public synchronized void want(final String engine, final int bytes) {
        wanted = engine;
        threshold = bytes;
        bindings.keySet().forEach(this::settle);
    }

    /** An engine has come. */
    public synchronized void offered(
            final DmaEngine engine,
            final String name,
            final String type,
            final String backing,
            final int numaNode,
            final String bundle) {
        final Offer offer;
        try {
            offer = new Offer(engine, type, backing, numaNode, bundle, engine.limits());
        } catch (RuntimeException e) {
            LOG.warn("engine {} of bundle {} is not used: it does not state its limits", name, bundle, e);
            return;
        }
        final Offer first = offers.putIfAbsent(name, offer);
        if (first != null) {
            LOG.warn(
                    "engine {} of bundle {} waits: bundle {} offers one of that name already; rename one",
                    name,
                    bundle,
                    first.bundle);
            waiting.add(Map.entry(name, offer));
            return;
        }
        bindings.keySet().forEach(this::settle);
    }

    /** An engine goes. Returns only once no queue has a channel of it. */
    public synchronized void withdrawn(final DmaEngine engine) {
        waiting.removeIf(entry -> entry.getValue().engine == engine);
        offers.values().removeIf(offer -> offer.engine == engine);
        waiting.removeIf(entry -> offers.putIfAbsent(entry.getKey(), entry.getValue()) == null);
        bindings.keySet().forEach(this::settle);
    }

    synchronized void added(final VhostQueueImpl queue) {
        bindings.put(queue, new Binding());
        settle(queue);
    }

    synchronized void removed(final VhostQueueImpl queue) {
        final Binding binding = bindings.get(queue);
        if (binding != null) {
            replace(queue, binding, null);
            bindings.remove(queue);
        }
    }

    /** The guest memory that these queues, all of them stopped, work on has changed. */
    synchronized void memoryChanged(
            final List<VhostQueueImpl> queues, final List<MemoryRegion> gone, final List<MemoryRegion> come) {
        for (final VhostQueueImpl queue : queues) {
            final Binding binding = bindings.get(queue);
            if (binding == null) {
                continue;
            }
            final List<MemoryRegion> now = new ArrayList<>(binding.memory);
            now.removeAll(gone);
            now.addAll(come);
            binding.memory = now;
            if (binding.channel != null) {
                try {
                    for (final MemoryRegion region : gone) {
                        withdraw(binding, region);
                    }
                    for (final MemoryRegion region : come) {
                        announce(binding, region);
                    }
                } catch (DmaException | RuntimeException e) {
                    LOG.warn(
                            "{}: engine {} cannot reach the guest's memory, the core copies: {}",
                            queue.name(),
                            queue.engine(),
                            e.getMessage());
                    replace(queue, binding, null);
                }
            }
        }
    }

    private static void announce(final Binding binding, final MemoryRegion region) throws DmaException {
        binding.channel.announce(region);
        binding.announced.put(region, true);
    }

    private static void withdraw(final Binding binding, final MemoryRegion region) throws DmaException {
        if (binding.announced.remove(region) != null) {
            binding.channel.withdraw(region);
        }
    }

    /** Gives a queue what it should have. */
    private void settle(final VhostQueueImpl queue) {
        final Binding binding = bindings.get(queue);
        final Offer next = offers.get(wanted);
        if (binding.offer != next || binding.offer != null && queue.threshold() != threshold) {
            replace(queue, binding, next);
        }
    }

    private void replace(final VhostQueueImpl queue, final Binding binding, final Offer next) {
        final Binding fresh = new Binding();
        fresh.memory = binding.memory;
        if (next != null && !open(queue, fresh, next)) {
            closeChannel(queue, fresh);
            fresh.channel = null;
            fresh.offer = null;
        }
        final Binding old = new Binding();
        old.channel = binding.channel;
        old.announced.putAll(binding.announced);
        try {
            fresh.copies = fresh.channel == null
                    ? null
                    : new CopyChannel(
                            Arena.ofAuto(),
                            wanted,
                            fresh.channel,
                            fresh.offer.limits,
                            CopyChannel.Overflow.CPU,
                            50_000_000,
                            EngineRegistry::abortWhereWanted);
            queue.use(fresh.copies, threshold, VhostDevice.OWNER_MILLIS);
        } catch (VhostException e) {
            LOG.error("{}: keeps engine {}: {}", queue.name(), queue.engine(), e.getMessage());
            closeChannel(queue, fresh);
            return;
        }
        if (binding.copies != null) {
            final long start = System.nanoTime();
            while (!binding.copies.isReleased() && System.nanoTime() - start < 2_000_000_000L) {
                java.util.concurrent.locks.LockSupport.parkNanos(100_000);
            }
        }
        closeChannel(queue, old);
        binding.copies = fresh.copies;
        binding.offer = fresh.offer;
        binding.channel = fresh.channel;
        binding.announced.clear();
        binding.announced.putAll(fresh.announced);
    }

    private static void abortWhereWanted(final CopyChannel channel) {
        if (channel.isAbortWanted()) {
            Thread.ofPlatform()
                    .daemon()
                    .start(() -> channel.aborted(channel.ops().abort()));
        }
    }

    synchronized void pin(final VhostQueueImpl queue, final String engine, final int bytes) throws VhostException {
        throw new VhostException("not yet");
    }

    synchronized void unpin(final VhostQueueImpl queue) throws VhostException {
        throw new VhostException("not yet");
    }

    private boolean open(final VhostQueueImpl queue, final Binding binding, final Offer offer) {
        try {
            binding.offer = offer;
            binding.channel = offer.engine.open(queue.name());
            announce(binding, queue.owner().packets().memory());
            for (final MemoryRegion region : binding.memory) {
                announce(binding, region);
            }
            return true;
        } catch (DmaException | RuntimeException e) {
            LOG.warn("{}: engine {} gives no channel, the core copies: {}", queue.name(), wanted, e.getMessage());
            return false;
        }
    }

    private static void closeChannel(final VhostQueueImpl queue, final Binding binding) {
        if (binding.channel == null) {
            return;
        }
        try {
            for (final MemoryRegion region : List.copyOf(binding.announced.keySet())) {
                withdraw(binding, region);
            }
        } catch (DmaException | RuntimeException e) {
            LOG.warn("{}: the engine does not let go of memory: {}", queue.name(), e.getMessage());
        }
        try {
            binding.channel.close();
        } catch (RuntimeException e) {
            LOG.warn("{}: the engine's channel does not close: {}", queue.name(), e.getMessage());
        }
    }

    @Override
    public synchronized List<EngineView> engines() {
        final List<EngineView> views = new ArrayList<>();
        offers.forEach((name, offer) -> views.add(new EngineView(
                name,
                offer.type,
                offer.backing,
                offer.numaNode,
                offer.limits.maxCopyBytes(),
                offer.limits.maxInFlight(),
                offer.limits.offloads(),
                offer.bundle,
                bindings.entrySet().stream()
                        .filter(entry -> entry.getValue().offer == offer)
                        .map(entry -> entry.getKey().name())
                        .toList())));
        return views;
    }

    @Override
    public synchronized String wanted() {
        return wanted;
    }

    @Override
    public synchronized int threshold() {
        return threshold;
    }
}
