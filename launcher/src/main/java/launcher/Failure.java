package launcher;

/** Ends the command with one line for people and an exit status. */
final class Failure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Exit status of a command line that cannot be understood. */
    static final int USAGE = 2;

    private final int status;

    Failure(String message) {
        this(1, message);
    }

    Failure(int status, String message) {
        super(message, null, false, false);
        this.status = status;
    }

    int status() {
        return status;
    }
}
