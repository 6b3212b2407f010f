package dma.tck.internal;

/** A rule was broken; the message says what was seen, in one line. */
public final class Violation extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String rule;

    public Violation(final String rule, final String seen) {
        super(seen);
        this.rule = rule;
    }

    Violation(final String rule, final String seen, final Throwable cause) {
        super(seen, cause);
        this.rule = rule;
    }

    /** The name of the rule. */
    public String rule() {
        return rule;
    }
}
