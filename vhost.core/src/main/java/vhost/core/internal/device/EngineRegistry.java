package vhost.core.internal.device;

import dma.api.DmaEngine;
import dma.api.MemoryRegion;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import vhost.core.api.VhostEngines;
import vhost.core.api.VhostEngines.EngineView;
import vhost.core.api.VhostEngines.Swap;
import vhost.core.api.VhostEngines.ThresholdReport;
import vhost.core.api.VhostEngines.Wish;
import vhost.core.api.VhostException;
import vhost.core.internal.async.CopyChannel.Overflow;

/**
 * Which engines are there, and which serves which queue. Each queue is given what is wished for it as far as that is there
 * and works; a change opens a new channel, hands it over, and leaves the one before to drain.
 *
 * <p>Any thread but owners of queues; all under one lock, which the data path never sees. What waits for channels to end
 * waits without it, but for changes of memory.
 */
public final class EngineRegistry {
    private static final Logger LOG = LoggerFactory.getLogger(EngineRegistry.class);

    private static final long LOOK_MILLIS = 100;
    private static final long ASK_MILLIS = 1000;
    private static final long RETRY_MILLIS = 5000;
    private static final long IDLE_SECONDS = 10;
    private static final long MARGIN_MILLIS = 1000;

    private final LongSupplier nanoClock;
    private final EngineLog log;
    private final ChannelKeeper keeper = new ChannelKeeper(this::channelFailed, this::channelEnded);
    private final SwapLog swaps = new SwapLog();
    private final Handover handover;
    private final Probation probation = new Probation();
    private final ScheduledThreadPoolExecutor reactor = new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("vhost-engines").factory());
    private final Offers offers = new Offers();

    private final Map<VhostQueueImpl, Binding> bindings = new LinkedHashMap<>();
    private EngineSettings settings = EngineSettings.NONE;
    private ScheduledFuture<?> look;

    private boolean retrying;

    /** Engines that had channels end lately. */
    private final Set<Offer> roomier = ConcurrentHashMap.newKeySet();

    public EngineRegistry() {
        this(System::nanoTime);
    }

    /** With the clock by which engines are out and on probation. */
    EngineRegistry(final LongSupplier nanoClock) {
        this(nanoClock, (level, line) -> LOG.atLevel(level).log("{}", line));
    }

    /** With what becomes of lines about engines and queues, too. */
    EngineRegistry(final LongSupplier nanoClock, final BiConsumer<Level, String> log) {
        this.nanoClock = nanoClock;
        this.log = new EngineLog(log);
        this.handover = new Handover(keeper, swaps, this.log, nanoClock);
        reactor.setRemoveOnCancelPolicy(true);
        reactor.setKeepAliveTime(IDLE_SECONDS, TimeUnit.SECONDS);
        reactor.allowCoreThreadTimeOut(true);
    }

    // ---- what is wished ----

    /** One engine and threshold for all queues, from now on. */
    void want(final String engine, final int threshold) {
        want(EngineSettings.all(engine, threshold));
    }

    /** What is configured, from now on. When this returns, the queues have it, but those whose owner does not answer. */
    public synchronized void want(final EngineSettings next) {
        settings = next;
        bindings.values().forEach(binding -> binding.refusal = null);
        settle(bindings.keySet(), "assigned");
    }

    /** What is configured. */
    public synchronized EngineSettings settings() {
        return settings;
    }

    /** What is wished for the queue {@code name}. */
    public synchronized Wish wish(final String name) {
        return find(name) instanceof VhostQueueImpl queue ? wish(queue, bindings.get(queue)) : configured(name);
    }

    private Wish configured(final String name) {
        return settings.assignments().wish(name);
    }

    private Wish wish(final VhostQueueImpl queue, final Binding binding) {
        return binding.pin != null ? binding.pin : configured(queue.name());
    }

    private VhostQueueImpl find(final String name) {
        return bindings.keySet().stream()
                .filter(queue -> queue.name().equals(name))
                .findFirst()
                .orElse(null);
    }

    /** Queues whose wish was not fulfilled for want of an answer of their owner. */
    public synchronized List<String> unsettled() {
        return bindings.entrySet().stream()
                .filter(entry -> !due(entry.getKey(), entry.getValue()).equalsInEffect(entry.getValue().terms))
                .map(entry -> entry.getKey().name())
                .toList();
    }

    /** An application wants this engine for the queue, whatever is configured. */
    synchronized void pin(final VhostQueueImpl queue, final String engine, final int threshold) throws VhostException {
        final Binding binding = bindings.get(queue);
        if (binding == null) {
            throw new VhostException(queue.name() + ": the port is closed");
        }
        if (!engine.equals(VhostEngines.BUILTIN) && offers.get(engine) == null) {
            throw new VhostException(queue.name() + ": no engine '" + engine + "'; there "
                    + (offers.names().isEmpty() ? "is none" : "are " + String.join(", ", offers.names())));
        }
        final Wish before = binding.pin;
        binding.pin = new Wish(engine, threshold, "the application");
        binding.refusal = null;
        settle(List.of(queue), "registered by the application");
        if (!binding.terms.engine().equals(engine) || !due(queue, binding).equalsInEffect(binding.terms)) {
            final Offer offer = offers.get(engine);
            final String why;
            if (offer != null && !offer.breaker().isOk()) {
                why = "it is " + offer.breaker();
            } else if (offer != null && binding.isRefusedBy(offer)) {
                why = binding.refusal.why();
            } else {
                why = "the queue's owner did not answer";
            }
            binding.pin = before;
            settle(List.of(queue), "not registered");
            throw new VhostException(queue.name() + ": engine " + engine + " is not to be had: " + why);
        }
    }

    /** Back to what is configured. */
    synchronized void unpin(final VhostQueueImpl queue) {
        final Binding binding = bindings.get(queue);
        if (binding != null && binding.pin != null) {
            binding.pin = null;
            settle(List.of(queue), "unregistered by the application");
        }
    }

    // ---- who is on offer ----

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
            offer = new Offer(engine, name, type, backing, numaNode, bundle, engine.limits(), new Breaker(nanoClock));
        } catch (RuntimeException e) {
            LOG.warn("engine {} of bundle {} is not used: it does not state its limits", name, bundle, e);
            return;
        }
        final Offer first = offers.add(offer);
        if (first != null) {
            log.say(
                    Level.WARN,
                    name,
                    "engine " + name + " of bundle " + bundle + " waits: bundle " + first.bundle()
                            + " offers one of that name already; rename one");
            return;
        }
        settle(bindings.keySet(), "engine came");
    }

    /**
     * An engine goes. Returns when none of its channels is open, or an error was logged: after the copies' deadline, the
     * limit of an abort and a margin at most.
     */
    public void withdrawn(final DmaEngine engine) {
        synchronized (this) {
            offers.remove(engine);
            bindings.values().forEach(Binding::forget);
            settle(bindings.keySet(), "engine went");
        }
        final List<EngineChannel> left = awaitEnd(channel -> channel.offer().engine() == engine);
        if (!left.isEmpty()) {
            LOG.error(
                    "engine {} goes while {} of its channels are in use, such as that of {}: what it still writes is"
                            + " lost",
                    left.getFirst().offer().name(),
                    left.size(),
                    left.getFirst().queue().name());
        }
    }

    private List<EngineChannel> awaitEnd(final Predicate<EngineChannel> which) {
        final int deadline = settings().deadlineMillis();
        return keeper.awaitEnd(
                which, TimeUnit.MILLISECONDS.toNanos(deadline + ChannelKeeper.ABORT_MILLIS + MARGIN_MILLIS));
    }

    // ---- queues and their memory ----

    /** A port's queues have come. */
    synchronized void added(final List<VhostQueueImpl> queues) {
        final Map<VhostQueueImpl, Terms> changes = new LinkedHashMap<>();
        for (final VhostQueueImpl queue : queues) {
            bindings.put(queue, new Binding());
            // One after the other: where an engine has channels for some only, the first ones have them.
            changes.putAll(change(List.of(queue), null));
        }
        changed(changes);
    }

    /** The queue's port closes. Its channels have ended when this returns, as far as they do in time. */
    void removed(final VhostQueueImpl queue) {
        synchronized (this) {
            final Binding binding = bindings.remove(queue);
            if (binding == null) {
                return;
            }
            probation.forget(queue);
            handover.replace(queue, binding, new Terms(null, 0, Overflow.CPU, 0), null);
        }
        if (!awaitEnd(channel -> channel.queue() == queue).isEmpty()) {
            LOG.error("{}: a channel of its engine is still in use; the engine does not stop", queue.name());
        }
    }

    /**
     * The guest memory that these queues, all of them stopped, work on has changed.
     *
     * @return those of {@code gone} that an engine may still write to: they must stay mapped for good
     */
    synchronized List<MemoryRegion> memoryChanged(
            final List<VhostQueueImpl> queues, final List<MemoryRegion> gone, final List<MemoryRegion> come) {
        final Set<VhostQueueImpl> concerned = new LinkedHashSet<>(queues);
        if (!gone.isEmpty()) {
            // Their copies are done, or soon given up: what an old channel was told of goes with it.
            awaitEnd(channel -> channel.isRetiring() && concerned.contains(channel.queue()));
        }
        concerned.removeIf(queue -> !bindings.containsKey(queue));
        Parallel.forEach(concerned, queue -> bindings.get(queue).changeMemory(gone, come));
        log.refusals(bindings, concerned, queue -> {
            final EngineChannel channel = bindings.get(queue).channel;
            return channel == null ? null : channel.offer();
        });
        settle(concerned, "memory changed");
        if (gone.isEmpty()) {
            return List.of();
        }
        awaitEnd(channel -> channel.isRetiring() && concerned.contains(channel.queue()));
        final Set<MemoryRegion> kept = new LinkedHashSet<>();
        keeper.tracked(channel -> true)
                .forEach(channel ->
                        channel.announced().stream().filter(gone::contains).forEach(kept::add));
        gone.stream().filter(keeper::isQuarantined).forEach(kept::add);
        return List.copyOf(kept);
    }

    // ---- changes ----

    /** Gives queues what they should have; a null {@code why} is not logged as a swap. */
    private void settle(final Collection<VhostQueueImpl> queues, final String why) {
        changed(change(queues, why));
    }

    /** What was to be changed; it has been, as far as engines and owners allowed it. */
    private Map<VhostQueueImpl, Terms> change(final Collection<VhostQueueImpl> queues, final String why) {
        final Map<VhostQueueImpl, Terms> changes = new LinkedHashMap<>();
        for (final VhostQueueImpl queue : queues) {
            final Binding binding = bindings.get(queue);
            final Terms due = due(queue, binding);
            if (!due.equalsInEffect(binding.terms)) {
                changes.put(queue, due);
            }
        }
        Parallel.forEach(
                changes.keySet(), queue -> handover.replace(queue, bindings.get(queue), changes.get(queue), why));
        return changes;
    }

    private void changed(final Map<VhostQueueImpl, Terms> changes) {
        log.refusals(bindings, changes.keySet(), queue -> changes.get(queue).offer());
        changes.keySet().stream().map(bindings::get).forEach(binding -> binding.told = binding.refusal);
        if (handover.takeUnanswered() && !retrying) {
            retrying = true;
            later(this::retry, RETRY_MILLIS);
        }
    }

    /** What a queue should have now. */
    private Terms due(final VhostQueueImpl queue, final Binding binding) {
        final Wish wish = wish(queue, binding);
        final Terms terms =
                new Terms(offers.get(wish.engine()), wish.threshold(), settings.overflow(), settings.deadlineMillis());
        final Offer offer = terms.offer();
        return offer == null || binding.isRefusedBy(offer) || !offer.breaker().admits(queue.name())
                ? terms.withoutEngine()
                : terms;
    }

    private synchronized void retry() {
        retrying = false;
        settle(bindings.keySet(), "late");
    }

    private void later(final Runnable step, final long millis) {
        try {
            reactor.schedule(step, millis, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            LOG.debug("closed", e); // and so are all ports
        }
    }

    // ---- failures ----

    /** A thread of the keeper. */
    private void channelFailed(final EngineChannel channel) {
        later(() -> takeOut(channel), 0);
    }

    private synchronized void takeOut(final EngineChannel channel) {
        final Offer offer = channel.offer();
        final String why = channel.copies().failure();
        if (offers.contains(offer) && offer.breaker().failed(why, channel.opened())) {
            final List<VhostQueueImpl> served = wishers(offer);
            probation.out(served);
            log.say(
                    Level.WARN,
                    offer.name(),
                    "engine " + offer.name() + " is out: at " + channel.queue().name() + " it " + why
                            + "; the core copies for " + served.size() + " queues, in "
                            + TimeUnit.NANOSECONDS.toSeconds(offer.breaker().backOffNanos())
                            + " s it is tried again");
            settle(served, "engine failed: it " + why);
            lookOften();
        }
        final Binding binding = bindings.get(channel.queue());
        if (binding != null && binding.channel == channel) {
            // It failed, but the breaker had heard of its engine before; nobody else takes it away.
            handover.replace(channel.queue(), binding, binding.terms.withoutEngine(), "engine failed: it " + why);
        }
    }

    private List<VhostQueueImpl> wishers(final Offer offer) {
        return bindings.entrySet().stream()
                .filter(entry -> wish(entry.getKey(), entry.getValue()).engine().equals(offer.name()))
                .map(Map.Entry::getKey)
                .toList();
    }

    private void lookOften() {
        if (look == null) {
            look = reactor.scheduleWithFixedDelay(
                    this::lookAtBreakers, LOOK_MILLIS, LOOK_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    /** Lets engines back. The reactor, and tests with a clock of their own. */
    synchronized void lookAtBreakers() {
        offers.all().forEach(this::lookAt);
        if (look != null
                && offers.all().stream().allMatch(offer -> offer.breaker().isOk())) {
            look.cancel(false);
            look = null;
        }
    }

    private void lookAt(final Offer offer) {
        final Breaker breaker = offer.breaker();
        final Probation.Step step = breaker.isOk() ? null : probation.look(offer, wishers(offer));
        if (step == null) {
            return;
        }
        if (step.line() != null) {
            log.say(Level.INFO, offer.name(), step.line());
        }
        step.queues().stream()
                .filter(queue -> breaker.admits(queue.name()))
                .forEach(queue -> bindings.get(queue).refusal = null);
        settle(step.queues(), step.why());
    }

    /** A thread of the keeper. There may be room now for a queue that got no channel; once a second is enough to ask. */
    private void channelEnded(final EngineChannel channel) {
        if (roomier.add(channel.offer())) {
            later(() -> askAgain(channel.offer()), ASK_MILLIS);
        }
    }

    private synchronized void askAgain(final Offer offer) {
        roomier.remove(offer);
        final List<VhostQueueImpl> refused = bindings.entrySet().stream()
                .filter(entry -> entry.getValue().isRefusedBy(offer))
                .map(Map.Entry::getKey)
                .toList();
        if (!refused.isEmpty()) {
            refused.forEach(queue -> bindings.get(queue).refusal = null);
            settle(refused, "engine has room");
        }
    }

    // ---- views ----

    /** See {@link VhostEngines#explain}. */
    public ThresholdReport explain(final String name) throws VhostException {
        final VhostQueueImpl queue;
        final Wish wish;
        final String absence;
        synchronized (this) {
            queue = find(name);
            if (queue == null) {
                throw new VhostException("no queue '" + name + "'; 'queues' lists them");
            }
            wish = wish(queue, bindings.get(queue));
            absence = EngineViews.absence(queue, wish, offers.get(wish.engine()), bindings.get(queue).refusal);
        }
        return EngineViews.threshold(queue, wish, absence, queue.explain(VhostDevice.OWNER_MILLIS));
    }

    /** See {@link VhostEngines#engines}. */
    public synchronized List<EngineView> engines() {
        final List<EngineView> views = new ArrayList<>();
        for (final Offer offer : offers.all()) {
            final List<String> served = bindings.entrySet().stream()
                    .filter(entry -> entry.getValue().channel != null
                            && entry.getValue().channel.offer() == offer)
                    .map(entry -> entry.getKey().name())
                    .toList();
            final int retiring = keeper.tracked(channel -> channel.offer() == offer && channel.isRetiring())
                    .size();
            views.add(EngineViews.engine(offer, served, retiring));
        }
        return views;
    }

    /** See {@link VhostEngines#swaps}. */
    public List<Swap> swaps(final int max) {
        return swaps.last(max);
    }

    /** See {@link VhostEngines#swapCount}. */
    public long swapCount() {
        return swaps.count();
    }

    /** Whether an engine may write to this memory for ever. */
    boolean isQuarantined(final MemoryRegion region) {
        return keeper.isQuarantined(region);
    }

    /** Channels that have not been closed. */
    int openChannels() {
        return keeper.tracked(channel -> true).size();
    }

    /** Ends the threads; all ports are closed. */
    public void close() {
        reactor.shutdownNow();
        keeper.close();
    }
}
