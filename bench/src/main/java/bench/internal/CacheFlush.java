package bench.internal;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.HexFormat;
import linux.Cpuid;
import linux.Cpuid.Register;
import linux.LinuxException;
import linux.MachineCode;

/** Takes data out of the caches of all processors, where that is wanted. Any thread. */
@SuppressWarnings("restricted")
final class CacheFlush {
    /**
     * {@code void flush(from, end)} in machine code of x86-64, for whole cache lines; see {@code linux.Cpuid} for how it is
     * called: cmp rdi, rsi; jae end; the instruction on [rdi]; add rdi, 64; jmp begin; end: mfence; ret.
     */
    enum Code {
        /** Does not wait for the line before. CPUID leaf 7, EBX. */
        CLFLUSHOPT("4839f7 730a 660fae3f 4883c740 ebf1 0faef0 c3", 7, Register.EBX, 23),
        /** CPUID leaf 1, EDX. */
        CLFLUSH("4839f7 7309 0fae3f 4883c740 ebf2 0faef0 c3", 1, Register.EDX, 19);

        private final String hex;
        private final int leaf;
        private final Register register;
        private final int bit;

        Code(final String hex, final int leaf, final Register register, final int bit) {
            this.hex = hex;
            this.leaf = leaf;
            this.register = register;
            this.bit = bit;
        }

        byte[] bytes() {
            return HexFormat.of().parseHex(hex.replace(" ", ""));
        }

        boolean isKnown() throws LinuxException {
            return (Cpuid.ask(leaf, register) >>> bit & 1) != 0;
        }
    }

    /** Flushes nothing. */
    static final CacheFlush NONE = new CacheFlush(null, null);

    private static final int LINE = 64;

    /** CPUID leaf 1, EBX, bits 8 to 15: of a line that is flushed, in units of 8 bytes. */
    private static final int LINE_SHIFT = 8;

    private final Code code;
    private final MethodHandle function;

    private CacheFlush(final Code code, final MethodHandle function) {
        this.code = code;
        this.function = function;
    }

    /** Throws where this machine has no way; the message is for people. */
    static CacheFlush open() {
        try {
            for (final Code each : Code.values()) {
                if (each.isKnown() && (Cpuid.ask(1, Register.EBX) >>> LINE_SHIFT & 0xff) * Long.BYTES == LINE) {
                    return of(each);
                }
            }
        } catch (LinuxException e) {
            throw new IllegalArgumentException(
                    "--cold: this process may not make the code that flushes caches: " + e.getMessage()
                            + "; measure without it",
                    e);
        }
        throw new IllegalArgumentException(
                "--cold: this processor has no CLFLUSH as x86-64 has it; measure without it");
    }

    static CacheFlush of(final Code code) throws LinuxException {
        final long address = MachineCode.load(code.bytes())[0];
        return new CacheFlush(
                code,
                Linker.nativeLinker()
                        .downcallHandle(
                                MemorySegment.ofAddress(address), FunctionDescriptor.ofVoid(JAVA_LONG, JAVA_LONG)));
    }

    boolean isWanted() {
        return code != null;
    }

    /** The instruction. */
    Code code() {
        return code;
    }

    /** All lines in which one of these bytes lies; they are in memory only when this returns. */
    void flush(final long address, final long length) {
        try {
            function.invokeExact(address & -(long) LINE, address + length);
        } catch (Throwable e) {
            // The call throws nothing of its own.
            throw new AssertionError(e);
        }
    }
}
