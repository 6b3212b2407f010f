package vhost.shell.internal;

/** A command was used wrongly, or names something that is not there. Reads as its message alone. */
final class CommandException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    CommandException(String message) {
        super(message);
    }

    /** The shell prints this. */
    @Override
    public String toString() {
        return getMessage();
    }
}
