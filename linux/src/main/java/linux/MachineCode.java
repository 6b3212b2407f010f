package linux;

/**
 * Machine code in memory of its own, for the few instructions that Java has no word for. It is never writable and
 * executable at the same time, and stays until the process ends.
 */
public final class MachineCode {
    /** Where functions begin: a multiple of a cache line. */
    private static final int ALIGNMENT = 64;

    private MachineCode() {}

    /**
     * Loads functions.
     *
     * @return the address of each
     */
    public static long[] load(final byte[]... functions) throws LinuxException {
        final long[] addresses = new long[functions.length];
        long length = 0;
        for (int i = 0; i < functions.length; i++) {
            addresses[i] = length;
            length += (functions[i].length + ALIGNMENT - 1) & -ALIGNMENT;
        }
        final long mapped = (length + Pages.SIZE - 1) & -Pages.SIZE;
        final long base = Linux.mmap(
                mapped, Linux.PROT_READ | Linux.PROT_WRITE, Linux.MAP_PRIVATE | Linux.MAP_ANONYMOUS, -1, 0);
        for (int i = 0; i < functions.length; i++) {
            addresses[i] += base;
            for (int at = 0; at < functions[i].length; at++) {
                Memory.putByte(addresses[i] + at, functions[i][at]);
            }
        }
        try {
            Linux.mprotect(base, mapped, Linux.PROT_READ | Linux.PROT_EXEC);
        } catch (LinuxException e) {
            Linux.munmap(base, mapped);
            throw e;
        }
        return addresses;
    }
}
