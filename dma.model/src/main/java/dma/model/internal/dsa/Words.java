package dma.model.internal.dsa;

import java.util.LinkedHashMap;
import java.util.Map;

/** A line of settings such as {@code wq0.1 mode=shared size=16}: words of the form {@code key=value}, each asked for once. */
final class Words {
    private final String line;
    private final Map<String, String> values = new LinkedHashMap<>();

    /** Everything from {@code line} on. */
    Words(final String line) {
        this.line = line.strip();
        for (final String word : this.line.isEmpty() ? new String[0] : this.line.split("\\s+")) {
            final int equals = word.indexOf('=');
            if (equals < 1) {
                throw wrong("'" + word + "' is not of the form key=value");
            }
            values.put(word.substring(0, equals), word.substring(equals + 1));
        }
    }

    String text(final String key, final String otherwise) {
        final String value = values.remove(key);
        return value == null ? otherwise : value;
    }

    /** Decimal, or hexadecimal after {@code 0x}. */
    long number(final String key, final long otherwise) {
        final String value = values.remove(key);
        if (value == null) {
            return otherwise;
        }
        try {
            return value.startsWith("0x") ? Long.parseUnsignedLong(value.substring(2), 16) : Long.parseLong(value);
        } catch (NumberFormatException e) {
            throw wrong(key + "='" + value + "' is not a number");
        }
    }

    int small(final String key, final int otherwise) {
        final long value = number(key, otherwise);
        if (value != (int) value) {
            throw wrong(key + "=" + value + " is too large");
        }
        return (int) value;
    }

    boolean flag(final String key, final boolean otherwise) {
        final String value = text(key, String.valueOf(otherwise));
        if (!value.equals("true") && !value.equals("false")) {
            throw wrong(key + "='" + value + "'; use true or false");
        }
        return value.equals("true");
    }

    /** Fails where a word is left that nobody asked for. */
    void end() {
        if (!values.isEmpty()) {
            throw wrong("no such key: " + String.join(", ", values.keySet()));
        }
    }

    IllegalArgumentException wrong(final String why) {
        return new IllegalArgumentException("dma.model.dsa: '" + line + "': " + why);
    }
}
