package vhost.core.internal.protocol;

import linux.Linux;

/**
 * The descriptors that came with one message. Whatever is not taken is closed by {@link #closeAll()}: a front-end that
 * attaches descriptors to messages that need none must not use up ours (CVE-2019-14818, CVE-2022-0669). Session's thread.
 */
final class ReceivedDescriptors {
    /** No message may carry more: one for each region of a full memory table. */
    static final int MAX = VhostUserLayout.MAX_REGIONS;

    private static final int TAKEN = -1;

    private final int[] descriptors = new int[MAX];
    private int kept;
    private int received;
    private boolean lost;

    /** Owns {@code fd} from here on. More than any message may carry are only counted. */
    void add(final int fd) {
        received++;
        if (kept < MAX) {
            descriptors[kept++] = fd;
        } else {
            Linux.close(fd);
        }
    }

    /** The kernel had to drop some (MSG_CTRUNC). */
    void markLost() {
        lost = true;
    }

    boolean isLost() {
        return lost;
    }

    /** How many came. */
    int count() {
        return received;
    }

    /** The {@code index}-th one, which the caller owns now. */
    int take(final int index) {
        if (index >= kept || descriptors[index] == TAKEN) {
            throw new IllegalStateException("descriptor " + index + " of " + kept + " is not there to be taken");
        }
        final int fd = descriptors[index];
        descriptors[index] = TAKEN;
        return fd;
    }

    /** Closes what nobody took, and forgets all. */
    void closeAll() {
        for (int i = 0; i < kept; i++) {
            if (descriptors[i] != TAKEN) {
                Linux.close(descriptors[i]);
            }
        }
        kept = 0;
        received = 0;
        lost = false;
    }
}
