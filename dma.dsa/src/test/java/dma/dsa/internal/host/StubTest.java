package dma.dsa.internal.host;

import static org.assertj.core.api.Assertions.assertThat;

import dma.dsa.internal.testing.Tools;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The machine code is what its comment says, and is run only where the processor has the instruction. */
class StubTest {
    /** In Intel's notation, as binutils writes it. */
    private static final Map<Stub, List<String>> CODE = Map.of(
            Stub.MOVDIR64B,
            List.of("sfence", "movdir64b rdi,[rsi]", "ret"),
            Stub.ENQCMD,
            List.of("sfence", "enqcmd rdi,[rsi]", "sete al", "movzx eax,al", "ret"));

    @ParameterizedTest
    @EnumSource
    void shouldBeTheInstructionsThatAreMeant(final Stub stub, @TempDir final Path folder) throws Exception {
        Tools.requireProgram("objdump", "binutils");
        final Path file = Files.write(folder.resolve("code"), stub.bytes());
        final List<String> instructions = Tools.run(
                        folder, "objdump", "-D", "-b", "binary", "-m", "i386:x86-64", "-M", "intel", file.toString())
                .stream()
                // "   3:	66 0f 38 f8 3e       	movdir64b rdi,[rsi]"
                .filter(line -> line.matches("\\s*[0-9a-f]+:\t.*"))
                .map(line -> line.split("\t"))
                .filter(parts -> parts.length > 2)
                .map(parts -> parts[2].strip().replaceAll("\\s+", " "))
                .toList();
        assertThat(instructions).isEqualTo(CODE.get(stub));
    }

    @Test
    @EnabledIfSystemProperty(named = "os.arch", matches = "amd64")
    void shouldAskTheProcessor() throws Exception {
        final List<String> cpuinfo = Files.readAllLines(Path.of("/proc/cpuinfo"));
        final KernelHost host = new KernelHost();
        assertThat(host.hasMovdir64b()).isEqualTo(Instructions.isListed(cpuinfo.stream(), "movdir64b"));
        assertThat(host.hasEnqcmd()).isEqualTo(Instructions.isListed(cpuinfo.stream(), "enqcmd"));
    }

    @Test
    void shouldFindAFlagAsAWordOnly() {
        assertThat(Instructions.isListed(Stream.of("processor : 0", "flags : fpu enqcmd"), "enqcmd"))
                .isTrue();
        assertThat(Instructions.isListed(Stream.of("flags : fpu enqcmds sse"), "enqcmd"))
                .isFalse();
        assertThat(Instructions.isListed(Stream.of("bugs : enqcmd"), "enqcmd")).isFalse();
    }
}
