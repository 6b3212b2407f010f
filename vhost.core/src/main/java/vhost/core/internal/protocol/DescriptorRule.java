package vhost.core.internal.protocol;

import static vhost.core.internal.protocol.VhostUserLayout.FD_NOFD;
import static vhost.core.internal.protocol.VhostUserLayout.TABLE_COUNT;

/** How many descriptors a request must carry. Applied after the size, so that the payload may be looked at. */
enum DescriptorRule {
    NONE,
    ONE,
    /** Only what older front-ends do: theirs is not needed and gets closed. */
    AT_MOST_ONE,
    ONE_UNLESS_NOFD,
    ONE_PER_REGION;

    /** What is wrong with the descriptors of {@code message}; null where nothing is. */
    String complaint(final MessageReader message) {
        final int count = message.descriptors().count();
        if (this == AT_MOST_ONE) {
            return count <= 1 ? null : count + " descriptors; expected 1 at most";
        }
        final int expected = expected(message);
        if (count == expected) {
            return null;
        }
        return count + " descriptors; expected " + expected + reason(expected);
    }

    private int expected(final MessageReader message) {
        return switch (this) {
            case NONE -> 0;
            case ONE, AT_MOST_ONE -> 1;
            case ONE_UNLESS_NOFD -> (message.u64(0) & FD_NOFD) != 0 ? 0 : 1;
            case ONE_PER_REGION -> message.u32(TABLE_COUNT);
        };
    }

    private String reason(final int expected) {
        return switch (this) {
            case ONE_UNLESS_NOFD -> expected == 0 ? ", as the NOFD bit is set" : ", as the NOFD bit is clear";
            case ONE_PER_REGION -> ", one for each region";
            default -> "";
        };
    }
}
