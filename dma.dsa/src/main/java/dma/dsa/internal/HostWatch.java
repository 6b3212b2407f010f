package dma.dsa.internal;

import dma.dsa.device.DsaHost;
import dma.dsa.internal.engine.DsaEngine;
import dma.dsa.internal.engine.DsaSettings;
import dma.dsa.internal.sysfs.WorkQueue;
import dma.dsa.internal.sysfs.WorkQueueScan;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Offers the work queues of one host, as they come and go. Says one line when something has changed, and none otherwise. Any
 * thread; an engine that goes is withdrawn before its queue is offered again.
 */
final class HostWatch {
    private final DsaHost host;
    private final DsaSettings settings;
    private final Function<DsaEngine, Runnable> register;
    private final Consumer<String> lines;
    private final Map<String, Offer> offers = new LinkedHashMap<>();

    /** What was said last of a queue, or of the host, that cannot be used. */
    private final Map<String, String> told = new HashMap<>();

    private boolean ended;

    /** A queue in use, and how it is withdrawn. */
    private record Offer(WorkQueue queue, DsaEngine engine, Runnable withdrawal) {}

    /**
     * {@code register} makes an engine known and returns how to withdraw it, which returns when nobody uses the engine any
     * more; {@code lines} are for the log.
     */
    HostWatch(
            final DsaHost host,
            final DsaSettings settings,
            final Function<DsaEngine, Runnable> register,
            final Consumer<String> lines) {
        this.host = host;
        this.settings = settings;
        this.register = register;
        this.lines = lines;
    }

    /** Looks what there is now. */
    synchronized void scan() {
        if (ended) {
            return;
        }
        final WorkQueueScan scan;
        try {
            scan = WorkQueueScan.of(host);
        } catch (UncheckedIOException e) {
            tellOnce(host.name(), e.getMessage() + ": " + e.getCause().getMessage());
            return;
        }
        final Map<String, WorkQueue> found = new LinkedHashMap<>();
        scan.queues().forEach(queue -> found.put(DsaEngine.nameOf(host, queue), queue));
        withdrawAllBut(found);
        found.forEach(this::offer);
        told.keySet().removeIf(name -> !name.equals(host.name()) && !found.containsKey(name));
        final String nothing = scan.nothing(host);
        tellOnce(host.name(), nothing.isEmpty() ? "" : "no engine: " + nothing);
    }

    /** Withdraws all, for good. */
    synchronized void end() {
        ended = true;
        withdrawAllBut(Map.of());
    }

    /** The engines that are offered now. */
    synchronized List<DsaEngine> engines() {
        return offers.values().stream().map(Offer::engine).toList();
    }

    private void withdrawAllBut(final Map<String, WorkQueue> found) {
        final Iterator<Map.Entry<String, Offer>> each = offers.entrySet().iterator();
        while (each.hasNext()) {
            final Map.Entry<String, Offer> entry = each.next();
            final Offer offer = entry.getValue();
            if (!offer.queue().equals(found.get(entry.getKey()))) {
                each.remove();
                withdraw(offer);
                tell(entry.getKey(), "withdrawn");
            }
        }
    }

    /** A queue that works is served to the last: whoever uses it gets another engine, and sees no failure. */
    private void withdraw(final Offer offer) {
        if (!ended) {
            offer.engine().end();
        }
        offer.withdrawal().run();
        offer.engine().end();
    }

    private void offer(final String name, final WorkQueue queue) {
        tellOnce(
                name,
                queue.whyNot().map(obstacle -> "cannot be used: " + obstacle).orElse(""));
        if (queue.whyNot().isEmpty() && !offers.containsKey(name)) {
            final DsaEngine engine = new DsaEngine(host, queue, settings);
            offers.put(name, new Offer(queue, engine, register.apply(engine)));
            tell(name, "offered: " + queue.summary());
        }
    }

    private void tellOnce(final String name, final String text) {
        final String before = text.isEmpty() ? told.remove(name) : told.put(name, text);
        if (!text.isEmpty() && !text.equals(before)) {
            tell(name, text);
        }
    }

    private void tell(final String name, final String text) {
        lines.accept(name + (host.isModel() ? " (model): " : ": ") + text);
    }
}
