package dma.model.internal.dsa;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Which addresses this process has mapped, in the place of an IOMMU that walks its page tables: a device meets a page fault
 * where software would end the process.
 *
 * <p>The answer comes from a list, {@code /proc/self/maps} as it was read last: it is read again where an address is not
 * in it, and once it is older than it may be. So memory that is unmapped while a descriptor names it, or that was no longer
 * ago than that, is still believed to be there, and the access ends the process; with hardware it would be a page fault.
 * Whoever waits for completions before unmapping never meets it. A file that was truncated is in the list all the same:
 * there the access itself fails, and can be caught.
 *
 * <p>Any thread. A look-up allocates nothing; reading the list does.
 */
final class Mappings {
    private static final Path MAPS = Path.of("/proc/self/maps");
    private static final int READ = 1;
    private static final int WRITE = 2;

    /** Immutable. Ranges ascend and do not overlap; the end is exclusive. */
    private record Snapshot(long[] starts, long[] ends, byte[] access, int count, long taken) {}

    private final long maxAgeNanos;
    private volatile Snapshot snapshot = new Snapshot(new long[0], new long[0], new byte[0], 0, System.nanoTime());

    /**
     * Where the last look-up ended, apart for what is read and written, and for records and descriptors, which are small, and
     * data. Only hints, so a race about them does no harm.
     */
    private final int[] hints = new int[4];

    Mappings(final long maxAgeNanos) {
        this.maxAgeNanos = maxAgeNanos;
    }

    /** Reads the list again if it is older than it may be. */
    void age(final long now) {
        final Snapshot current = snapshot;
        if (now - current.taken > maxAgeNanos) {
            read(current);
        }
    }

    /** Reads the list again. */
    void renew() {
        read(snapshot);
    }

    /** Whether all of {@code length} bytes at {@code address} can be read, or written. */
    boolean reaches(final long address, final long length, final boolean write) {
        return reach(address, length, write) == length;
    }

    /** How many of {@code length} bytes at {@code address} can be read, or written, before the first that cannot. */
    long reach(final long address, final long length, final boolean write) {
        final Snapshot current = snapshot;
        final long known = reach(current, address, length, write);
        return known == length ? known : reach(read(current), address, length, write);
    }

    private long reach(final Snapshot in, final long address, final long length, final boolean write) {
        final int needed = write ? WRITE : READ;
        long at = address;
        final int kind = (write ? 2 : 0) + (length <= Descriptor.BYTES ? 1 : 0);
        int index = hints[kind];
        if (index >= in.count || at < in.starts[index] || at >= in.ends[index]) {
            index = Arrays.binarySearch(in.starts, 0, in.count, at);
            index = index >= 0 ? index : -index - 2;
            if (index < 0 || at >= in.ends[index]) {
                return 0;
            }
            hints[kind] = index;
        }
        while (index < in.count && in.starts[index] <= at && (in.access[index] & needed) != 0) {
            at = in.ends[index++];
            if (at - address >= length) {
                return length;
            }
            if (index < in.count && in.starts[index] != at) {
                break;
            }
        }
        return at - address;
    }

    /** Another thread that came first has done it. */
    private synchronized Snapshot read(final Snapshot seen) {
        if (snapshot == seen) {
            try (InputStream maps = Files.newInputStream(MAPS)) {
                snapshot = parse(maps.readAllBytes(), System.nanoTime());
            } catch (IOException e) {
                throw new IllegalStateException("model: cannot read " + MAPS + ": " + e.getMessage(), e);
            }
        }
        return snapshot;
    }

    /** Lines such as {@code 7f0000000000-7f0000021000 rw-p 00000000 00:00 0}. */
    private static Snapshot parse(final byte[] text, final long now) {
        int lines = 0;
        for (final byte each : text) {
            lines += each == '\n' ? 1 : 0;
        }
        final long[] starts = new long[lines];
        final long[] ends = new long[lines];
        final byte[] access = new byte[lines];
        int count = 0;
        int at = 0;
        for (int line = 0; line < lines; line++) {
            long start = 0;
            for (; text[at] != '-'; at++) {
                start = start << 4 | Character.digit(text[at], 16);
            }
            long end = 0;
            for (at++; text[at] != ' '; at++) {
                end = end << 4 | Character.digit(text[at], 16);
            }
            final byte may = (byte) ((text[at + 1] == 'r' ? READ : 0) | (text[at + 2] == 'w' ? WRITE : 0));
            while (text[at] != '\n') {
                at++;
            }
            at++;
            if (count > 0 && ends[count - 1] == start && access[count - 1] == may) {
                ends[count - 1] = end;
            } else if (start >= 0 && end >= 0) { // the vsyscall page is in the kernel's half
                starts[count] = start;
                ends[count] = end;
                access[count] = may;
                count++;
            }
        }
        return new Snapshot(starts, ends, access, count, now);
    }
}
