package dma.tck;

/** The chapters of the contract, as the package description of {@code dma.api} has them. */
public enum Chapter {
    MODEL("Model"),
    ORDER_OF_CALLS("Order of calls"),
    THREADS("Threads"),
    OWNERSHIP("Ownership"),
    GOING_AWAY("Going away"),
    FAILURES("Failures");

    private final String title;

    Chapter(final String title) {
        this.title = title;
    }

    /** The heading. */
    public String title() {
        return title;
    }
}
