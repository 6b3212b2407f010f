package dma.dsa.internal.host;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import linux.LinuxException;
import linux.MachineCode;
import linux.Memory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The instructions that submit, for which Java has no word, and whether they can be used. Where one cannot be used its code
 * is never run: it would end the process. Any thread.
 */
@SuppressWarnings("restricted")
final class Instructions {
    private static final Logger LOG = LoggerFactory.getLogger(Instructions.class);
    private static final Path CPUINFO = Path.of("/proc/cpuinfo");

    /** CPUID leaf 7, sub-leaf 0 "Structured Extended Feature Flags", ECX. */
    private static final int FEATURES_LEAF = 7;

    private static final int MOVDIR64B_BIT = 28;
    private static final int ENQCMD_BIT = 29;
    private static final int ECX = 8;
    private static final int REGISTERS_BYTES = 16;

    private Instructions() {}

    static boolean hasMovdir64b() {
        return Support.MOVDIR64B;
    }

    static boolean hasEnqcmd() {
        return Support.ENQCMD;
    }

    /** 64 bytes from {@code descriptor} to {@code portal}, after all that was stored before. */
    static void movdir64b(final long portal, final long descriptor) {
        try {
            Code.MOVDIR64B.invokeExact(portal, descriptor);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** The same, and whether they were taken. */
    static boolean enqcmd(final long portal, final long descriptor) {
        try {
            return (int) Code.ENQCMD.invokeExact(portal, descriptor) == 0;
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** ECX of CPUID; 0 where the processor does not know the leaf. */
    static int features() {
        try (Arena arena = Arena.ofConfined()) {
            final long registers = arena.allocate(REGISTERS_BYTES, Integer.BYTES).address();
            Code.CPUID.invokeExact(0, 0, registers);
            if (Integer.compareUnsigned(Memory.getInt(registers), FEATURES_LEAF) < 0) {
                return 0;
            }
            Code.CPUID.invokeExact(FEATURES_LEAF, 0, registers);
            return Memory.getInt(registers + ECX);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** A downcall handle throws nothing of its own: what arrives here is an error of the JVM. */
    private static AssertionError unexpected(final Throwable e) {
        if (e instanceof Error error) {
            throw error;
        }
        return new AssertionError(e);
    }

    /** Whether a line of /proc/cpuinfo lists the flag: the kernel takes out what it does not let processes use. */
    static boolean isListed(final Stream<String> cpuinfo, final String flag) {
        return cpuinfo.filter(line -> line.startsWith("flags"))
                .findFirst()
                .filter(line -> (line + " ").contains(" " + flag + " "))
                .isPresent();
    }

    /** Looked at when first asked for. */
    private static final class Support {
        static final boolean MOVDIR64B;
        static final boolean ENQCMD;

        static {
            final int features = System.getProperty("os.arch").equals("amd64") ? askProcessor() : 0;
            MOVDIR64B = (features >>> MOVDIR64B_BIT & 1) != 0;
            // ENQCMD faults in user space unless the kernel has switched it on, whatever CPUID says.
            ENQCMD = (features >>> ENQCMD_BIT & 1) != 0 && isLetByKernel();
        }

        private Support() {}

        private static int askProcessor() {
            try {
                return features();
            } catch (ExceptionInInitializerError e) {
                LOG.info(
                        "submission by portal is not possible: this process may not make code: {}",
                        e.getCause().getMessage());
                return 0;
            }
        }

        private static boolean isLetByKernel() {
            try {
                return isListed(Files.readAllLines(CPUINFO).stream(), "enqcmd");
            } catch (IOException e) {
                LOG.info("ENQCMD is not used: {} cannot be read: {}", CPUINFO, e.getMessage());
                return false;
            }
        }
    }

    /** Loaded when first called; only on x86-64. Short and without a wait: critical calls. */
    private static final class Code {
        static final MethodHandle MOVDIR64B;
        static final MethodHandle ENQCMD;
        static final MethodHandle CPUID;

        static {
            try {
                final long[] code =
                        MachineCode.load(Stub.MOVDIR64B.bytes(), Stub.ENQCMD.bytes(), Stub.CPUID.bytes());
                MOVDIR64B = handle(code[0], FunctionDescriptor.ofVoid(JAVA_LONG, JAVA_LONG));
                ENQCMD = handle(code[1], FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG));
                CPUID = handle(code[2], FunctionDescriptor.ofVoid(JAVA_INT, JAVA_INT, JAVA_LONG));
            } catch (LinuxException e) {
                throw new ExceptionInInitializerError(e);
            }
        }

        private Code() {}

        private static MethodHandle handle(final long address, final FunctionDescriptor function) {
            return Linker.nativeLinker()
                    .downcallHandle(MemorySegment.ofAddress(address), function, Linker.Option.critical(false));
        }
    }
}
