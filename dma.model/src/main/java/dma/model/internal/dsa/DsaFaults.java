package dma.model.internal.dsa;

import java.util.EnumMap;
import java.util.Map;

/** What goes wrong on purpose. Immutable. */
public final class DsaFaults {
    /** Nothing does. */
    public static final DsaFaults NONE = new DsaFaults(new EnumMap<>(DsaFault.class));

    private final Injection[] injections = new Injection[DsaFault.values().length];

    private DsaFaults(final Map<DsaFault, Injection> injections) {
        injections.forEach((fault, injection) -> this.injections[fault.ordinal()] = injection);
    }

    /** These, and one more: {@code line} as in {@link Injection#parse}; blank for not at all. */
    public DsaFaults with(final DsaFault fault, final String line) {
        final Map<DsaFault, Injection> all = new EnumMap<>(DsaFault.class);
        for (final DsaFault each : DsaFault.values()) {
            if (of(each) != null) {
                all.put(each, of(each));
            }
        }
        if (line.isBlank()) {
            all.remove(fault);
        } else {
            all.put(fault, Injection.parse(line));
        }
        return all.isEmpty() ? NONE : new DsaFaults(all);
    }

    /** When it happens; null for never. */
    Injection of(final DsaFault fault) {
        return injections[fault.ordinal()];
    }

    @Override
    public String toString() {
        final StringBuilder text = new StringBuilder();
        for (final DsaFault fault : DsaFault.values()) {
            if (of(fault) != null) {
                text.append(text.isEmpty() ? "" : ", ")
                        .append(fault.key())
                        .append(' ')
                        .append(of(fault));
            }
        }
        return text.isEmpty() ? "none" : text.toString();
    }
}
