package bench.internal;

import java.util.Arrays;
import java.util.List;
import vhost.core.api.VhostEngines;

/**
 * Who copies.
 *
 * @param basis how its rate is known
 * @param engine its name
 * @param threshold copies of at least so many bytes go to it; {@link VhostEngines#AUTO} where that is learned
 */
record Contender(String engine, int threshold, Basis basis) {
    /** How a rate is known. */
    enum Basis {
        /** By the clock. */
        MEASURED(""),
        /** The core's own time was measured, the device's is modelled. */
        MODELLED(" modelled");

        private final String suffix;

        Basis(final String suffix) {
            this.suffix = suffix;
        }
    }

    private static final String AUTO = "auto";

    /** {@code ENGINE} or {@code ENGINE@THRESHOLD}, separated by commas. */
    static List<Contender> parse(final String text) {
        final List<Contender> contenders = Arrays.stream(text.split(","))
                .map(Contender::parseOne)
                .distinct()
                .toList();
        if (contenders.size() < 2) {
            throw new IllegalArgumentException(
                    "--engines " + text + ": name two at least, ENGINE or ENGINE@THRESHOLD each");
        }
        return contenders;
    }

    private static Contender parseOne(final String text) {
        final String[] parts = text.strip().split("@", 2);
        if (parts[0].isEmpty()) {
            throw new IllegalArgumentException("--engines: '" + text + "' names no engine");
        }
        try {
            final String bytes = parts.length == 1 ? "1" : parts[1];
            final int threshold = bytes.equals(AUTO) ? VhostEngines.AUTO : Integer.parseUnsignedInt(bytes);
            return new Contender(parts[0], threshold, Basis.MEASURED);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(
                    "--engines: '" + text + "': a threshold is a number of bytes, or " + AUTO, e);
        }
    }

    boolean isAuto() {
        return threshold == VhostEngines.AUTO;
    }

    boolean isMeasured() {
        return basis == Basis.MEASURED;
    }

    Contender on(final Basis other) {
        return new Contender(engine, threshold, other);
    }

    boolean isBuiltin() {
        return engine.equals(VhostEngines.BUILTIN);
    }

    @Override
    public String toString() {
        return isBuiltin() ? engine : engine + "@" + (isAuto() ? AUTO : String.valueOf(threshold)) + basis.suffix;
    }
}
