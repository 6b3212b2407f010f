package dma.tck;

/** How an engine stands to a rule. */
public enum Verdict {
    PASSED("passed"),
    FAILED("FAILED"),
    /** The rule asks for what this engine does not state, or could not be judged; the detail says which. */
    NOT_APPLICABLE("n/a");

    private final String text;

    Verdict(final String text) {
        this.text = text;
    }

    /** For people to read. */
    public String text() {
        return text;
    }
}
