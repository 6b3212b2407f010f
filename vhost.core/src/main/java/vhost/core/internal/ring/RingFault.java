package vhost.core.internal.ring;

/**
 * What a driver can write into a ring that stops it (virtio 1.3, 2.7 and 2.8). Codes are negative, so that a burst can
 * tell them from counts without an exception.
 */
public final class RingFault {
    /** The avail index moved by more than the ring holds. */
    public static final int AVAIL_INDEX = -1;

    /** The head of a chain is not in the descriptor table. */
    public static final int HEAD = -2;

    /** A chain goes on at a descriptor that is not in its table. */
    public static final int NEXT = -3;

    /** A chain has more descriptors than the ring: it is a loop. */
    public static final int LOOP = -4;

    /** A descriptor names memory that the front-end never announced. */
    public static final int ADDRESS = -5;

    /** A buffer to be read where one to be written is expected, or the other way round. */
    public static final int DIRECTION = -6;

    /** An indirect table that is empty, ragged, too long, nested, followed by NEXT or not negotiated. */
    public static final int INDIRECT = -7;

    private RingFault() {}

    /** One line for people. */
    public static String describe(final int fault) {
        return switch (fault) {
            case AVAIL_INDEX -> "the avail index jumped by more than the ring size";
            case HEAD -> "an avail entry names a descriptor outside of the table";
            case NEXT -> "a descriptor's next field points outside of its table";
            case LOOP -> "a descriptor chain is longer than the ring: it loops";
            case ADDRESS -> "a descriptor points outside of the announced memory";
            case DIRECTION -> "a descriptor has the wrong direction for this queue (WRITE flag)";
            case INDIRECT -> "an indirect descriptor is empty, ragged, too long, nested, or not negotiated";
            default -> "fault " + fault;
        };
    }
}
