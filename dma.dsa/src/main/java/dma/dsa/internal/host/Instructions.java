package dma.dsa.internal.host;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import linux.Cpuid;
import linux.Cpuid.Register;
import linux.LinuxException;
import linux.MachineCode;
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
            final int features = askProcessor();
            MOVDIR64B = (features >>> MOVDIR64B_BIT & 1) != 0;
            // ENQCMD faults in user space unless the kernel has switched it on, whatever CPUID says.
            ENQCMD = (features >>> ENQCMD_BIT & 1) != 0 && isLetByKernel();
        }

        private Support() {}

        private static int askProcessor() {
            try {
                return Cpuid.ask(FEATURES_LEAF, Register.ECX);
            } catch (LinuxException e) {
                LOG.info("dsa: nothing is submitted by portal: this process may not make code: {}", e.getMessage());
                return 0;
            }
        }

        private static boolean isLetByKernel() {
            try {
                return isListed(Files.readAllLines(CPUINFO).stream(), "enqcmd");
            } catch (IOException e) {
                LOG.info("dsa: ENQCMD is not used: {} cannot be read: {}", CPUINFO, e.getMessage());
                return false;
            }
        }
    }

    /** Loaded when first called; only on x86-64. Short and without a wait: critical calls. */
    private static final class Code {
        static final MethodHandle MOVDIR64B;
        static final MethodHandle ENQCMD;

        static {
            try {
                final long[] code = MachineCode.load(Stub.MOVDIR64B.bytes(), Stub.ENQCMD.bytes());
                MOVDIR64B = handle(code[0], FunctionDescriptor.ofVoid(JAVA_LONG, JAVA_LONG));
                ENQCMD = handle(code[1], FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG));
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
