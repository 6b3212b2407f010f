package vhost.switching;

/**
 * A station that the switch has learned.
 *
 * @param mac {@code 52:54:00:12:34:56}
 * @param port the name of the port that it was last seen behind
 * @param ageMillis milliseconds since then, counted in steps of about an eighth of a second
 */
public record MacEntry(String mac, String port, long ageMillis) {}
