package dma.tck.internal.shell;

/** The command was used wrongly, or the engine failed. Reads as its message alone. */
final class CommandException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    CommandException(final String message) {
        super(message);
    }

    /** The shell prints this. */
    @Override
    public String toString() {
        return getMessage();
    }
}
