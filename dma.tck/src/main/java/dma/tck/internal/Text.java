package dma.tck.internal;

/** How what was seen is told. */
final class Text {
    private Text() {}

    /** An exception, in one line. */
    static String of(final Throwable thrown) {
        return String.valueOf(thrown).lines().findFirst().orElse("")
                + (thrown.getStackTrace().length > 0 ? " at " + thrown.getStackTrace()[0] : "");
    }
}
