package bench.internal;

import java.util.List;
import java.util.Locale;

/** Whose ring. */
enum Direction {
    /** The guest receives: packets are enqueued. */
    RX,
    /** The guest transmits: packets are dequeued. */
    TX;

    static List<Direction> parse(final String text) {
        return switch (text) {
            case "rx" -> List.of(RX);
            case "tx" -> List.of(TX);
            case "both" -> List.of(RX, TX);
            default -> throw new IllegalArgumentException("--direction " + text + ": use rx, tx or both");
        };
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
