package linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * The whole address space as one segment, and accesses by absolute address, as the rings and the copies of a data path
 * make them: a static final segment costs no lookup and no liveness check.
 *
 * <p>Nothing here checks where an address points: callers translate and check it first. An address that is not mapped
 * ends the process; one whose file was truncated meets an {@link InternalError}. The order of an access is in the name
 * of its method; those without one are plain. Ordered accesses need an address aligned to their size.
 */
@SuppressWarnings("restricted")
public final class Memory {
    /** Everything that the process has mapped. */
    public static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    /** See {@link #surfaceFault}: from 4 down to 0. */
    private static final int[] HOPS = {0, 0, 1, 2, 3};

    private static final VarHandle HOP = MethodHandles.arrayElementVarHandle(int[].class);
    private static final VarHandle BYTE = JAVA_BYTE.varHandle();
    private static final VarHandle SHORT = JAVA_SHORT.varHandle();
    private static final VarHandle INT = JAVA_INT.varHandle();
    private static final VarHandle LONG = JAVA_LONG.varHandle();

    static {
        if (ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN) {
            throw new ExceptionInInitializerError("virtio 1.x is little-endian and so is every machine we know of");
        }
    }

    private Memory() {}

    public static byte getByte(final long address) {
        return ALL.get(JAVA_BYTE, address);
    }

    public static void putByte(final long address, final byte value) {
        ALL.set(JAVA_BYTE, address, value);
    }

    public static byte getByteAcquire(final long address) {
        return (byte) BYTE.getAcquire(ALL, address);
    }

    public static void putByteRelease(final long address, final byte value) {
        BYTE.setRelease(ALL, address, value);
    }

    public static short getShort(final long address) {
        return ALL.get(JAVA_SHORT_UNALIGNED, address);
    }

    public static void putShort(final long address, final short value) {
        ALL.set(JAVA_SHORT_UNALIGNED, address, value);
    }

    public static int getInt(final long address) {
        return ALL.get(JAVA_INT_UNALIGNED, address);
    }

    public static void putInt(final long address, final int value) {
        ALL.set(JAVA_INT_UNALIGNED, address, value);
    }

    public static long getLong(final long address) {
        return ALL.get(JAVA_LONG_UNALIGNED, address);
    }

    public static void putLong(final long address, final long value) {
        ALL.set(JAVA_LONG_UNALIGNED, address, value);
    }

    public static short getShortAcquire(final long address) {
        return (short) SHORT.getAcquire(ALL, address);
    }

    public static void putShortRelease(final long address, final short value) {
        SHORT.setRelease(ALL, address, value);
    }

    public static short getShortOpaque(final long address) {
        return (short) SHORT.getOpaque(ALL, address);
    }

    public static int getIntAcquire(final long address) {
        return (int) INT.getAcquire(ALL, address);
    }

    public static void putIntRelease(final long address, final int value) {
        INT.setRelease(ALL, address, value);
    }

    public static long getLongAcquire(final long address) {
        return (long) LONG.getAcquire(ALL, address);
    }

    public static void putLongRelease(final long address, final long value) {
        LONG.setRelease(ALL, address, value);
    }

    /**
     * Ends a stretch of accesses to memory that others can truncate: the {@link InternalError} of a fault in it is raised here
     * at the latest. The JVM raises it at the next safepoint poll, which may be far away; a loop that the compiler cannot count
     * has one at its end. 3 ns.
     */
    public static void surfaceFault() {
        int hop = HOPS.length - 1;
        while (hop != 0) {
            hop = (int) HOP.getOpaque(HOPS, hop);
        }
    }

    /** Copies {@code length} bytes; the ranges may overlap. */
    public static void copy(final long source, final long destination, final long length) {
        MemorySegment.copy(ALL, source, ALL, destination, length);
    }

    public static void fill(final long address, final long length, final byte value) {
        ALL.asSlice(address, length).fill(value);
    }

    /** {@code length} bytes from {@code address}, for code that is not on the data path. */
    public static MemorySegment segment(final long address, final long length) {
        return ALL.asSlice(address, length);
    }
}
