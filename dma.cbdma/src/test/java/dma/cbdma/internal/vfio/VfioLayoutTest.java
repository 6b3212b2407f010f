package dma.cbdma.internal.vfio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import dma.cbdma.device.VfioContainer;
import dma.cbdma.device.VfioDevice;
import dma.cbdma.device.VfioGroup;
import java.lang.reflect.Field;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A C program compiled against the kernel's header has the same numbers. */
class VfioLayoutTest {
    @Test
    void shouldHaveTheNumbersOfTheKernelsHeader(@TempDir final Path folder) throws Exception {
        final Map<String, Long> theirs = probe(folder);
        final Map<String, Long> ours = new TreeMap<>();
        addConstants("", VfioLayout.class, ours);
        addConstants("VfioContainer.", VfioContainer.class, ours);
        addConstants("VfioGroup.", VfioGroup.class, ours);
        addConstants("VfioDevice.", VfioDevice.class, ours);
        assertThat(ours).isEqualTo(theirs).hasSizeGreaterThan(50);
    }

    private static void addConstants(final String prefix, final Class<?> type, final Map<String, Long> to)
            throws IllegalAccessException {
        for (final Field field : type.getDeclaredFields()) {
            if (field.getType() == int.class) {
                to.put(prefix + field.getName(), field.getLong(null));
            }
        }
    }

    private static Map<String, Long> probe(final Path folder) throws Exception {
        require(Files.exists(Path.of("/usr/include/linux/vfio.h")), "linux/vfio.h is missing");
        require(Files.isExecutable(Path.of("/usr/bin/cc")), "cc is missing");
        final Path source = Path.of(
                VfioLayoutTest.class.getResource("/dma/cbdma/vfio-probe.c").toURI());
        final Path program = folder.resolve("probe");
        run("cc", "-Wall", "-Werror", "-o", program.toString(), source.toString());
        final Map<String, Long> numbers = new TreeMap<>();
        run(program.toString())
                .lines()
                .map(line -> line.split(" "))
                .forEach(words -> numbers.put(words[0], Long.parseUnsignedLong(words[1])));
        return numbers;
    }

    private static void require(final boolean there, final String complaint) {
        if (there) {
            return;
        }
        final String line = complaint + "; install linux-libc-dev and a C compiler";
        if ("true".equals(System.getenv("CI")) || Boolean.getBoolean("ci")) {
            fail(line);
        }
        abort(line);
    }

    private static String run(final String... command) throws Exception {
        final Process process =
                new ProcessBuilder(command).redirectErrorStream(true).start();
        final String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output;
    }
}
