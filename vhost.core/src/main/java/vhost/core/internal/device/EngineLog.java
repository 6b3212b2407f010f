package vhost.core.internal.device;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.slf4j.event.Level;

/** What the log says of engines and of the queues that they serve: a line for what happened, and never a flood. Any thread. */
final class EngineLog {
    private static final int LINES_A_MINUTE = 6;

    private final BiConsumer<Level, String> log;
    private final Map<String, LogLimit> limits = new ConcurrentHashMap<>();

    EngineLog(final BiConsumer<Level, String> log) {
        this.log = log;
    }

    /** One line, unless there were many about the same thing. */
    void say(final Level level, final String about, final String line) {
        final String admitted = limits.computeIfAbsent(
                        about, name -> new LogLimit(LINES_A_MINUTE, TimeUnit.MINUTES.toNanos(1), System::nanoTime))
                .admit(line);
        if (admitted != null) {
            log.accept(level, admitted);
        }
    }

    /** One line for each engine that refused some of the queues it was asked for, unless that was said of all of them. */
    void refusals(
            final Map<VhostQueueImpl, Binding> bindings,
            final Collection<VhostQueueImpl> queues,
            final Function<VhostQueueImpl, Offer> askedEngine) {
        final Map<Offer, List<VhostQueueImpl>> asked = new LinkedHashMap<>();
        for (final VhostQueueImpl queue : queues) {
            final Offer offer = askedEngine.apply(queue);
            if (offer != null) {
                asked.computeIfAbsent(offer, first -> new ArrayList<>()).add(queue);
            }
        }
        asked.forEach((offer, all) -> {
            final List<VhostQueueImpl> refused = all.stream()
                    .filter(queue -> bindings.get(queue).isRefusedBy(offer))
                    .toList();
            if (refused.stream().map(bindings::get).anyMatch(Binding::hasNews)) {
                final Refusal first = bindings.get(refused.getFirst()).refusal;
                say(Level.WARN, offer.name(), Refusal.line(refused, all.size(), first));
            }
        });
    }
}
