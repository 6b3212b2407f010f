package vhost.core.internal.protocol;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import linux.Memory;

/**
 * {@code recvmsg(2)}: bytes of a Unix socket with the descriptors attached to them. One thread at a time.
 *
 * <p>junixsocket reads descriptors too, but into a buffer of 256 bytes that cannot be made longer, and where more than
 * 60 come it reports ENOBUFS and leaves those 60 open: a front-end could use up our descriptors. Here the buffer holds
 * as many as the kernel ever passes at once, and they are closed on exec from the first moment.
 *
 * <pre>
 * struct msghdr   0      8         16    24       32        40          48      52    56
 *                 | name | namelen | iov | iovlen | control | controllen | flags | pad |
 * struct iovec    0      8     16
 *                 | base | len |
 * struct cmsghdr  0     8       12     16
 *                 | len | level | type | data, padded to 8 …
 * </pre>
 */
final class Recvmsg {
    /** Nothing is there yet. */
    static final int WOULD_BLOCK = -1;

    /** {@code SCM_MAX_FD} of the kernel: more descriptors do not fit one {@code sendmsg}. */
    private static final int SCM_MAX_FD = 253;

    private static final int MSGHDR_SIZE = 56;
    private static final int MSG_IOV = 16;
    private static final int MSG_IOVLEN = 24;
    private static final int MSG_CONTROL = 32;
    private static final int MSG_CONTROLLEN = 40;
    private static final int MSG_FLAGS = 48;
    private static final int IOVEC_SIZE = 16;
    private static final int IOV_LEN = 8;
    private static final int CMSG_LEVEL = 8;
    private static final int CMSG_TYPE = 12;
    private static final int CMSG_DATA = 16;
    private static final int CONTROL_SIZE = align8(CMSG_DATA + SCM_MAX_FD * Integer.BYTES);

    private static final int SOL_SOCKET = 1;
    private static final int SCM_RIGHTS = 1;
    private static final int MSG_CTRUNC = 0x8;
    private static final int MSG_DONTWAIT = 0x40;
    private static final int MSG_CMSG_CLOEXEC = 0x40000000;

    private static final int EINTR = 4;
    private static final int EAGAIN = 11;
    private static final int ECONNRESET = 104;

    private static final StructLayout STATE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
    private static final MethodHandle RECVMSG = recvmsg();

    private final MemorySegment errno;
    private final long header;
    private final long iovec;
    private final long control;

    /** The memory lives as long as {@code arena}. */
    Recvmsg(final Arena arena) {
        errno = arena.allocate(STATE);
        header = arena.allocate(MSGHDR_SIZE, 8).address();
        iovec = arena.allocate(IOVEC_SIZE, 8).address();
        control = arena.allocate(CONTROL_SIZE, 8).address();
    }

    /**
     * Reads at most {@code length} bytes to {@code address}, and does not wait.
     *
     * @return how many; 0 where the peer has closed; {@link #WOULD_BLOCK}
     */
    int receive(final int socket, final long address, final int length, final ReceivedDescriptors descriptors)
            throws IOException {
        while (true) {
            prepare(address, length);
            final long count;
            try {
                count = (long) RECVMSG.invokeExact(errno, socket, header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
            } catch (Throwable e) {
                throw unexpected(e);
            }
            if (count >= 0) {
                collect(descriptors);
                return (int) count;
            }
            final int error = (int) ERRNO.get(errno, 0L);
            switch (error) {
                case EAGAIN -> {
                    return WOULD_BLOCK;
                }
                // The peer closed with replies of ours unread.
                case ECONNRESET -> {
                    return 0;
                }
                case EINTR -> {
                    // again
                }
                default -> throw new IOException("recvmsg failed with errno " + error);
            }
        }
    }

    private void prepare(final long address, final int length) {
        Memory.fill(header, MSGHDR_SIZE, (byte) 0);
        Memory.putLong(iovec, address);
        Memory.putLong(iovec + IOV_LEN, length);
        Memory.putLong(header + MSG_IOV, iovec);
        Memory.putLong(header + MSG_IOVLEN, 1);
        Memory.putLong(header + MSG_CONTROL, control);
        Memory.putLong(header + MSG_CONTROLLEN, CONTROL_SIZE);
    }

    private void collect(final ReceivedDescriptors descriptors) {
        if ((Memory.getInt(header + MSG_FLAGS) & MSG_CTRUNC) != 0) {
            descriptors.markLost();
        }
        final long end = control + Memory.getLong(header + MSG_CONTROLLEN);
        long at = control;
        while (at + CMSG_DATA <= end) {
            final int length = (int) Memory.getLong(at);
            if (length < CMSG_DATA) {
                return;
            }
            if (Memory.getInt(at + CMSG_LEVEL) == SOL_SOCKET && Memory.getInt(at + CMSG_TYPE) == SCM_RIGHTS) {
                for (long fd = at + CMSG_DATA; fd + Integer.BYTES <= at + length; fd += Integer.BYTES) {
                    descriptors.add(Memory.getInt(fd));
                }
            }
            at += align8(length);
        }
    }

    private static int align8(final int length) {
        return (length + 7) & ~7;
    }

    @SuppressWarnings("restricted")
    private static MethodHandle recvmsg() {
        final Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(
                linker.defaultLookup().findOrThrow("recvmsg"),
                FunctionDescriptor.of(JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_INT),
                Linker.Option.captureCallState("errno"));
    }

    /** A downcall handle throws nothing of its own. */
    private static AssertionError unexpected(final Throwable e) {
        if (e instanceof Error error) {
            throw error;
        }
        return new AssertionError(e);
    }
}
