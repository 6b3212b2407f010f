package vhost.switching;

import java.util.Locale;

/** What is done with the packets of the ports. */
public enum ForwardingMode {
    /**
     * Port 0 to port 1 and back, 2 to 3 and back, in the order in which they were opened; an odd last one gets its own
     * packets back. Nothing is lost: a guest that does not receive holds up the one that sends.
     */
    IO,
    /** As {@link #IO}, with the Ethernet addresses set: the source to the way out's, the destination to a fixed peer's. */
    MAC,
    /** Each packet goes back where it came from, Ethernet source and destination exchanged. Nothing is lost. */
    MACSWAP,
    /** Packets of the guests are taken and thrown away. */
    RXONLY,
    /** Every guest is sent the same UDP packets as fast as it takes them; nothing is received. */
    TXONLY,
    /** A learning Ethernet switch. */
    SWITCH;

    /** The name that configurations use: lower case. */
    public String configName() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * The mode of that name, in any case.
     *
     * @throws IllegalArgumentException where there is none; the message names those that there are
     */
    public static ForwardingMode of(final String name) {
        for (ForwardingMode mode : values()) {
            if (mode.name().equalsIgnoreCase(name.strip())) {
                return mode;
            }
        }
        throw new IllegalArgumentException(
                "forwarding mode '" + name + "': use io, mac, macswap, rxonly, txonly or switch");
    }

    /** Whether a guest that does not receive holds up the senders, for as long as it takes. */
    public boolean isLossless() {
        return this == IO || this == MAC || this == MACSWAP;
    }
}
