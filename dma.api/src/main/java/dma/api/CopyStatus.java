package dma.api;

/** Outcomes of a copy, or of a call on a channel. Zero is success, all others are negative. */
public final class CopyStatus {
    /** The copy was made in full and can be seen. */
    public static final int OK = 0;

    /** The engine made the copy in part or not at all. */
    public static final int FAILED = -1;

    /** Source or destination could not be reached by the engine. */
    public static final int UNREACHABLE = -2;

    /** The engine refused the copy: too long, misaligned, or otherwise outside of its {@link DmaLimits}. */
    public static final int REFUSED = -3;

    /** The channel, or the device behind it, has stopped and takes nothing more. */
    public static final int HALTED = -4;

    private CopyStatus() {}

    /** The name of a code, for people to read. */
    public static String name(final int status) {
        return switch (status) {
            case OK -> "ok";
            case FAILED -> "failed";
            case UNREACHABLE -> "unreachable";
            case REFUSED -> "refused";
            case HALTED -> "halted";
            default -> "status " + status;
        };
    }
}
