package dma.cbdma.internal.vfio;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import linux.Files;
import linux.LinuxException;

/**
 * The answer to a request for information, with its chain of capabilities: {@code struct vfio_info_cap_header}. A kernel that
 * has more to tell than fits says so in {@code argsz}, and is asked again.
 */
final class Info {
    /** A chain longer than this goes round in a circle. */
    private static final int MAX_CAPABILITIES = 64;

    private static final int MAX_SIZE = 1 << 20;

    private final MemorySegment bytes;

    Info(final MemorySegment bytes) {
        this.bytes = bytes;
    }

    /**
     * Asks.
     *
     * @param size of the structure
     * @param index what to write at {@code indexAt}; nothing where that is negative
     */
    static Info ask(
            final Arena arena,
            final String call,
            final int fd,
            final int request,
            final int size,
            final int indexAt,
            final int index)
            throws LinuxException {
        int length = size;
        while (true) {
            final MemorySegment bytes = arena.allocate(length, 8);
            bytes.set(JAVA_INT_UNALIGNED, VfioLayout.ARGSZ, length);
            if (indexAt >= 0) {
                bytes.set(JAVA_INT_UNALIGNED, indexAt, index);
            }
            Files.ioctl(call, fd, request, bytes.address());
            final int wanted = bytes.get(JAVA_INT_UNALIGNED, VfioLayout.ARGSZ);
            if (wanted <= length || wanted > MAX_SIZE) {
                return new Info(bytes);
            }
            length = wanted;
        }
    }

    int flags() {
        return int32(VfioLayout.FLAGS);
    }

    int int32(final long offset) {
        return bytes.get(JAVA_INT_UNALIGNED, offset);
    }

    long int64(final long offset) {
        return bytes.get(JAVA_LONG_UNALIGNED, offset);
    }

    /**
     * Where a capability begins.
     *
     * @param first offset of the first one
     * @param needed bytes that it is to have
     * @return 0 where there is none, or it does not lie within the answer
     */
    int capability(final int first, final int id, final int needed) {
        int at = first;
        for (int i = 0; i < MAX_CAPABILITIES && fits(at, VfioLayout.CAP_HEADER_SIZE); i++) {
            if (Short.toUnsignedInt(bytes.get(JAVA_SHORT_UNALIGNED, at + VfioLayout.CAP_ID)) == id) {
                return fits(at, needed) ? at : 0;
            }
            at = int32(at + VfioLayout.CAP_NEXT);
        }
        return 0;
    }

    /** How many of {@code count} elements lie within the answer. */
    int elements(final int count, final long at, final int elementSize) {
        return (int) Math.min(Integer.toUnsignedLong(count), Math.max(0, bytes.byteSize() - at) / elementSize);
    }

    private boolean fits(final int at, final int length) {
        return at > 0 && at <= bytes.byteSize() - length;
    }
}
