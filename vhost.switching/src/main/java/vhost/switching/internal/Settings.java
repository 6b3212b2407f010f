package vhost.switching.internal;

import vhost.switching.ForwardingMode;

/**
 * What forwarding is to do.
 *
 * @param mode what is done with packets
 * @param ageingSeconds how long the switch knows a station that is silent, 1 to 1 000 000
 * @param patienceMillis how long the switch waits for a guest that gives no buffers before it drops what is for it, 0 to
 *     60 000
 * @param txonlyBytes length of the packets of txonly, 60 to 9728
 * @param burst most packets taken from a queue at a time, 1 to {@value #MAX_BURST}
 */
record Settings(ForwardingMode mode, int ageingSeconds, int patienceMillis, int txonlyBytes, int burst) {
    static final int MAX_BURST = 256;

    Settings {
        check("ageing.seconds", ageingSeconds, 1, 1_000_000);
        check("patience.millis", patienceMillis, 0, 60_000);
        check("txonly.bytes", txonlyBytes, 60, 9728);
        check("burst", burst, 1, MAX_BURST);
    }

    private static void check(final String name, final int value, final int least, final int most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException(
                    "vhost.forwarding: " + name + " is " + value + "; use " + least + " to " + most);
        }
    }

    static Settings defaults() {
        return new Settings(ForwardingMode.SWITCH, 300, 10, 64, 64);
    }

    Settings withMode(final ForwardingMode other) {
        return new Settings(other, ageingSeconds, patienceMillis, txonlyBytes, burst);
    }

    long ageingNanos() {
        return ageingSeconds * 1_000_000_000L;
    }

    long patienceNanos() {
        return patienceMillis * 1_000_000L;
    }
}
