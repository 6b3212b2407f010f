package vhost.core.internal.testing;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.util.List;
import linux.Linux;
import linux.LinuxException;
import linux.Memory;
import vhost.core.internal.device.DeviceControl.MemorySlot;
import vhost.core.internal.memory.GuestMemory;
import vhost.core.internal.memory.MappedRegion;
import vhost.core.internal.memory.MemoryException;

/**
 * A guest's memory in one memfd: two regions that touch in guest addresses and nowhere else, the upper one first in the file.
 * The driver's side has a mapping of its own.
 *
 * <pre>
 *  guest   BASE | lower half | upper half | nothing
 *  file       0 | upper half | lower half |
 * </pre>
 */
public final class GuestRam implements AutoCloseable {
    /** Guest address of the first byte. */
    public static final long BASE = 0x1_0000_0000L;

    /** What the front-end's addresses have more than the guest's. */
    public static final long USER = 0x7E00_0000_0000L;

    private final int fd;
    private final long half;
    private final long view;

    public GuestRam(final long half) {
        this.half = half;
        try {
            fd = Linux.memfd("guest", 2 * half, Linux.MFD_ALLOW_SEALING);
            view = Linux.mmap(2 * half, Linux.PROT_READ | Linux.PROT_WRITE, Linux.MAP_SHARED, fd, 0);
        } catch (LinuxException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The file itself. */
    public int fd() {
        return fd;
    }

    /** Where the lower region ends and the upper one begins. */
    public long seam() {
        return BASE + half;
    }

    /** The first guest address behind all memory. */
    public long end() {
        return BASE + 2 * half;
    }

    /** Bytes of one region. */
    public long half() {
        return half;
    }

    public static long user(final long gpa) {
        return gpa + USER;
    }

    /** What a front-end would announce; each slot has a descriptor of its own. */
    public List<MemorySlot> slots() {
        return List.of(lowerSlot(), upperSlot());
    }

    public MemorySlot lowerSlot() {
        return new MemorySlot(BASE, half, user(BASE), half, duplicate());
    }

    public MemorySlot upperSlot() {
        return new MemorySlot(seam(), half, user(seam()), 0, duplicate());
    }

    public int duplicate() {
        try {
            return Linux.duplicate(fd);
        } catch (LinuxException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Both regions as the back-end maps them. */
    public GuestMemory map() throws MemoryException {
        final MemorySlot lower = lowerSlot();
        final MemorySlot upper = upperSlot();
        return GuestMemory.of(List.of(
                MappedRegion.map(
                        lower.guestPhysical(), lower.size(), lower.userAddress(), lower.mmapOffset(), lower.fd()),
                MappedRegion.map(
                        upper.guestPhysical(), upper.size(), upper.userAddress(), upper.mmapOffset(), upper.fd())));
    }

    /** The driver's address of a guest address; contiguous up to the seam, or the end. */
    public long at(final long gpa) {
        return gpa < seam() ? view + half + (gpa - BASE) : view + (gpa - seam());
    }

    public void write(final long gpa, final byte[] from, final int offset, final int length) {
        final int part = firstPart(gpa, length);
        MemorySegment.copy(MemorySegment.ofArray(from), offset, Memory.ALL, at(gpa), part);
        if (part < length) {
            write(gpa + part, from, offset + part, length - part);
        }
    }

    public void read(final long gpa, final byte[] to, final int offset, final int length) {
        final int part = firstPart(gpa, length);
        MemorySegment.copy(Memory.ALL, at(gpa), MemorySegment.ofArray(to), offset, part);
        if (part < length) {
            read(gpa + part, to, offset + part, length - part);
        }
    }

    public void fill(final long gpa, final int length, final byte value) {
        final int part = firstPart(gpa, length);
        Memory.fill(at(gpa), part, value);
        if (part < length) {
            fill(gpa + part, length - part, value);
        }
    }

    public byte getByte(final long gpa) {
        return Memory.ALL.get(JAVA_BYTE, at(gpa));
    }

    private int firstPart(final long gpa, final int length) {
        return gpa < seam() ? (int) Math.min(length, seam() - gpa) : length;
    }

    @Override
    public void close() {
        try {
            Linux.munmap(view, 2 * half);
        } catch (LinuxException e) {
            throw new UncheckedIOException(e);
        } finally {
            Linux.close(fd);
        }
    }
}
