package dma.cbdma.internal;

import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;

/** Tells of halts: a line for each channel that had some since the last time. One thread at a time. */
final class HaltLog {
    private final Map<String, Long> told = new HashMap<>();

    /** Looks at the channels of {@code engine}. */
    void look(final CbdmaEngine engine, final Consumer<String> lines) {
        final Map<String, HaltCount> halts = engine.halts();
        halts.forEach((channel, count) -> {
            final long now = count.read();
            final Long before = told.put(engine.name() + channel, now);
            final long more = HaltCount.count(now) - (before == null ? 0 : HaltCount.count(before));
            if (more > 0) {
                lines.accept(engine.name() + ": " + channel + " halted " + more + " times; the last CHANERR was "
                        + ChannelError.names(HaltCount.error(now)));
            }
        });
        told.keySet()
                .removeIf(key -> key.startsWith(engine.name())
                        && !halts.containsKey(key.substring(engine.name().length())));
    }
}
