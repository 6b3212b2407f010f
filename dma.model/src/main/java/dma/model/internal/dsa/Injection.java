package dma.model.internal.dsa;

/**
 * When a {@link DsaFault} happens, and how.
 *
 * @param every at each so many-th opportunity: copies, descriptors, batches or submissions; counted for each device
 * @param at offset in bytes, or index in a list
 * @param write whether it is the side that is written
 * @param times how often in a row
 * @param code a status
 * @param millis how long, milliseconds; -1 until it is cleared
 */
public record Injection(long every, long at, boolean write, int times, int code, long millis) {
    /** Checks the ranges. */
    public Injection {
        if (every < 1 || at < 0 || times < 1 || code < 2 || code > 0x7f || millis < -1) {
            throw new IllegalArgumentException(
                    "dma.model.dsa: every=" + every + " at=" + at + " times=" + times + " code=" + code + " millis="
                            + millis + "; use every=1, at=0, times=1, code=0x02 to 0x7f, millis=-1 or more");
        }
    }

    /** Reads {@code every=100 at=512 side=write times=2 code=0x20 millis=50}; all but {@code every} have a default. */
    public static Injection parse(final String line) {
        final Words words = new Words(line);
        final String side = words.text("side", "read");
        if (!side.equals("read") && !side.equals("write")) {
            throw words.wrong("side=" + side + "; use read or write");
        }
        final Injection injection = new Injection(
                words.number("every", 0),
                words.number("at", 0),
                side.equals("write"),
                words.small("times", 1),
                words.small("code", Status.HARDWARE_ERROR),
                words.number("millis", 100));
        words.end();
        return injection;
    }
}
