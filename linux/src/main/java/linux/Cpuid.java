package linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.HexFormat;

/** What a processor of x86-64 says about itself. Control path; any thread. */
@SuppressWarnings("restricted")
public final class Cpuid {
    /** A register of the answer. */
    public enum Register {
        EAX,
        EBX,
        ECX,
        EDX
    }

    /**
     * {@code void cpuid(leaf, subleaf, int[4] *eaxEbxEcxEdx)} (System V application binary interface, AMD64 supplement, 3.2.3
     * "Parameter Passing"; Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2): push rbx; mov r8, rdx; mov
     * eax, edi; mov ecx, esi; cpuid; mov [r8], eax; mov [r8+4], ebx; mov [r8+8], ecx; mov [r8+12], edx; pop rbx; ret.
     */
    static final String CODE = "534989d089f889f10fa241890041895804418948084189500c5bc3";

    private static final int REGISTERS_BYTES = 16;
    private static MethodHandle function;

    private Cpuid() {}

    /**
     * A register of a leaf, sub-leaf 0; 0 where the processor does not know the leaf, or is not one of x86-64.
     *
     * @throws LinuxException where this process may not make code
     */
    public static int ask(final int leaf, final Register register) throws LinuxException {
        if (!System.getProperty("os.arch").equals("amd64")) {
            return 0;
        }
        final MethodHandle cpuid = function();
        try (Arena arena = Arena.ofConfined()) {
            final long registers =
                    arena.allocate(REGISTERS_BYTES, Integer.BYTES).address();
            // The highest leaf there is.
            cpuid.invokeExact(0, 0, registers);
            if (Integer.compareUnsigned(Memory.getInt(registers), leaf) < 0) {
                return 0;
            }
            cpuid.invokeExact(leaf, 0, registers);
            return Memory.getInt(registers + (long) register.ordinal() * Integer.BYTES);
        } catch (Throwable e) {
            throw Libc.unexpected(e);
        }
    }

    private static synchronized MethodHandle function() throws LinuxException {
        if (function == null) {
            final long address = MachineCode.load(HexFormat.of().parseHex(CODE))[0];
            function = Linker.nativeLinker()
                    .downcallHandle(
                            MemorySegment.ofAddress(address),
                            FunctionDescriptor.ofVoid(JAVA_INT, JAVA_INT, JAVA_LONG),
                            Linker.Option.critical(false));
        }
        return function;
    }
}
