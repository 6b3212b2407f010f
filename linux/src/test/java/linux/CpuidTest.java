package linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import linux.Cpuid.Register;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/** The machine code is what its comment says, and the answers are those that the kernel has got. */
@EnabledIfSystemProperty(named = "os.arch", matches = "amd64")
class CpuidTest {
    @Test
    void shouldBeTheInstructionsThatAreMeant(@TempDir final Path folder) throws Exception {
        assumeThat(Path.of("/usr/bin/objdump"))
                .as("'apt-get install binutils' brings it")
                .exists();
        final Path file = Files.write(folder.resolve("code"), HexFormat.of().parseHex(Cpuid.CODE));
        final Process objdump = new ProcessBuilder(
                        "objdump", "-D", "-b", "binary", "-m", "i386:x86-64", "-M", "intel", file.toString())
                .start();
        final List<String> instructions = new String(objdump.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                .lines()
                // "   3:	0f a2                	cpuid"
                .filter(line -> line.matches("\\s*[0-9a-f]+:\t.*"))
                .map(line -> line.split("\t"))
                .filter(parts -> parts.length > 2)
                .map(parts -> parts[2].strip().replaceAll("\\s+", " "))
                .toList();
        assertThat(instructions)
                .containsExactly(
                        "push rbx",
                        "mov r8,rdx",
                        "mov eax,edi",
                        "mov ecx,esi",
                        "cpuid",
                        "mov DWORD PTR [r8],eax",
                        "mov DWORD PTR [r8+0x4],ebx",
                        "mov DWORD PTR [r8+0x8],ecx",
                        "mov DWORD PTR [r8+0xc],edx",
                        "pop rbx",
                        "ret");
    }

    @Test
    void shouldSayWhatTheKernelLists() throws Exception {
        final String flags = Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
                        .filter(line -> line.startsWith("flags"))
                        .findFirst()
                        .orElseThrow()
                + " ";
        // Those of two leaves and three registers that Linux does not take out.
        assertThat(Cpuid.ask(7, Register.ECX) >>> 22 & 1).isEqualTo(flags.contains(" rdpid ") ? 1 : 0);
        assertThat(Cpuid.ask(7, Register.ECX) >>> 27 & 1).isEqualTo(flags.contains(" movdiri ") ? 1 : 0);
        assertThat(Cpuid.ask(7, Register.EBX) >>> 23 & 1).isEqualTo(flags.contains(" clflushopt ") ? 1 : 0);
        assertThat(Cpuid.ask(1, Register.EDX) >>> 19 & 1).isEqualTo(flags.contains(" clflush ") ? 1 : 0);
    }

    @Test
    void shouldSayNothingOfLeavesThatAreNotThere() throws Exception {
        assertThat(Cpuid.ask(0x7fffffff, Register.EAX)).isZero();
    }
}
