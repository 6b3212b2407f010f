package bench.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import bench.internal.CacheFlush.Code;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The machine code is what its comment says, and changes nothing but caches. */
@EnabledIfSystemProperty(named = "os.arch", matches = "amd64")
class CacheFlushTest {
    @ParameterizedTest
    @EnumSource
    void shouldBeTheInstructionsThatAreMeant(final Code code, @TempDir final Path folder) throws Exception {
        assumeThat(Path.of("/usr/bin/objdump"))
                .as("'apt-get install binutils' brings it")
                .exists();
        final Path file = Files.write(folder.resolve("code"), code.bytes());
        final Process objdump = new ProcessBuilder(
                        "objdump", "-D", "-b", "binary", "-m", "i386:x86-64", "-M", "intel", file.toString())
                .start();
        final List<String> instructions = new String(objdump.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                .lines()
                // "   5:	66 0f ae 3f          	clflushopt BYTE PTR [rdi]"
                .filter(line -> line.matches("\\s*[0-9a-f]+:\t.*"))
                .map(line -> line.split("\t"))
                .filter(parts -> parts.length > 2)
                .map(parts -> parts[0].strip() + " " + parts[2].strip().replaceAll("\\s+", " "))
                .toList();
        final String name = code.name().toLowerCase(Locale.ROOT);
        final int longer = code == Code.CLFLUSHOPT ? 1 : 0;
        assertThat(instructions)
                .containsExactly(
                        "0: cmp rdi,rsi",
                        "3: jae " + (longer == 1 ? "0xf" : "0xe"),
                        "5: " + name + " BYTE PTR [rdi]",
                        (longer == 1 ? "9" : "8") + ": add rdi,0x40",
                        (longer == 1 ? "d" : "c") + ": jmp 0x0",
                        (longer == 1 ? "f" : "e") + ": mfence",
                        (longer == 1 ? "12" : "11") + ": ret");
    }

    @ParameterizedTest
    @EnumSource
    void shouldChangeNoByte(final Code code) throws Exception {
        assumeThat(code.isKnown()).isTrue();
        final CacheFlush flush = CacheFlush.of(code);
        assertThat(flush.isWanted()).isTrue();
        final byte[] bytes = new byte[10_000];
        new Random(1).nextBytes(bytes);
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment data = arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes);
            for (final int length : new int[] {0, 1, 63, 64, 65, 9000}) {
                flush.flush(data.address() + 13, length);
                assertThat(data.toArray(ValueLayout.JAVA_BYTE)).isEqualTo(bytes);
            }
        }
    }

    @Test
    void shouldBeWantedOnlyWhereItIsAskedFor() throws Exception {
        assertThat(CacheFlush.NONE.isWanted()).isFalse();
        assumeThat(Code.CLFLUSH.isKnown()).isTrue();
        assertThat(CacheFlush.open().isWanted()).isTrue();
    }
}
