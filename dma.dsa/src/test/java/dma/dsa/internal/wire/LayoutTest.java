package dma.dsa.internal.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dma.dsa.internal.testing.Tools;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import linux.Memory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Our numbers are those of the kernel's own header, as its compiler lays them out. */
class LayoutTest {
    private static Map<String, Long> ours() {
        final Map<String, Long> ours = new TreeMap<>();
        ours.put("descriptor.size", (long) Descriptor.SIZE);
        ours.put("descriptor.flags.bit", 8L * Descriptor.FLAGS_AND_OPCODE);
        ours.put("descriptor.opcode.bit", 8L * Descriptor.FLAGS_AND_OPCODE + Descriptor.OPCODE_SHIFT);
        ours.put("descriptor.completion", (long) Descriptor.COMPLETION_ADDRESS);
        ours.put("descriptor.source", (long) Descriptor.SOURCE);
        ours.put("descriptor.list", (long) Descriptor.SOURCE);
        ours.put("descriptor.destination", (long) Descriptor.DESTINATION);
        ours.put("descriptor.length", (long) Descriptor.LENGTH);
        ours.put("descriptor.count", (long) Descriptor.LENGTH);
        ours.put("descriptor.interrupt", (long) Descriptor.INTERRUPT_HANDLE);
        ours.put("descriptor.specific", (long) Descriptor.OPERATION_SPECIFIC);
        ours.put("record.size", (long) CompletionRecord.SIZE);
        ours.put("record.status", (long) CompletionRecord.STATUS);
        ours.put("record.result", (long) CompletionRecord.RESULT);
        ours.put("record.completed", (long) CompletionRecord.BYTES_COMPLETED);
        ours.put("record.fault", (long) CompletionRecord.FAULT_ADDRESS);
        ours.put("record.invalid.bit", 8L * CompletionRecord.INVALID_FLAGS);
        ours.put("record.status.mask", (long) CompletionRecord.STATUS_MASK);
        ours.put("record.status.write", (long) CompletionRecord.STATUS_WRITE);
        ours.put("flag.FENCE", (long) Flag.FENCE);
        ours.put("flag.BLOCK_ON_FAULT", (long) Flag.BLOCK_ON_FAULT);
        ours.put("flag.RECORD_ADDRESS_VALID", (long) Flag.RECORD_ADDRESS_VALID);
        ours.put("flag.REQUEST_RECORD", (long) Flag.REQUEST_RECORD);
        ours.put("flag.CACHE_CONTROL", (long) Flag.CACHE_CONTROL);
        for (final Opcode opcode : Opcode.values()) {
            ours.put("opcode." + opcode, (long) opcode.code());
        }
        for (final CompletionStatus status : CompletionStatus.values()) {
            if (status != CompletionStatus.UNKNOWN) {
                ours.put("status." + status, (long) status.code());
            }
        }
        return ours;
    }

    @Test
    void shouldBeThatOfTheKernelsHeader(@TempDir final Path folder) throws Exception {
        Tools.requireProgram("cc", "gcc");
        Tools.requireFile("/usr/include/linux/idxd.h", "linux-libc-dev");
        final Path source = folder.resolve("layout.c");
        try (InputStream probe = LayoutTest.class.getResourceAsStream("layout.c")) {
            Files.copy(probe, source);
        }
        Tools.run(folder, "cc", "-o", "layout", source.toString());
        final Map<String, Long> kernels = Tools.run(folder, "./layout").stream()
                .map(line -> line.split(" "))
                .collect(Collectors.toMap(words -> words[0], words -> Long.valueOf(words[1])));
        assertThat(ours()).containsExactlyInAnyOrderEntriesOf(kernels);
    }

    @Test
    void shouldWriteWhatOtherDriversWrite() {
        try (Arena arena = Arena.ofConfined()) {
            final long at = arena.allocate(Descriptor.SIZE, Descriptor.SIZE).address();
            final int flags = Flag.CACHE_CONTROL | Flag.RECORD_ADDRESS_VALID | Flag.REQUEST_RECORD;
            Descriptor.write(at, Opcode.MEMMOVE, flags, 0x1020, 0x3040, -0x5060, 0x8000_0000L);
            // DPDK's single copy: MEMMOVE, CC, CRAV, RCR.
            assertThat(Memory.getInt(at)).isZero();
            assertThat(Memory.getInt(at + 4)).isEqualTo(0x0300_010c);
            assertThat(Memory.getLong(at + 8)).isEqualTo(0x1020);
            assertThat(Memory.getLong(at + 0x10)).isEqualTo(0x3040);
            assertThat(Memory.getLong(at + 0x18)).isEqualTo(-0x5060);
            assertThat(Memory.getInt(at + 0x20)).isEqualTo(0x8000_0000);
            assertThat(Memory.getInt(at + 0x24)).isZero();
            assertThat(Descriptor.length(at)).isEqualTo(0x8000_0000L);
            Descriptor.writeFlags(at, Flag.RECORD_ADDRESS_VALID);
            assertThat(Memory.getInt(at + 4)).isEqualTo(0x0300_0004);
            Descriptor.advance(at, 0x10, false);
            assertThat(Descriptor.source(at)).isEqualTo(0x3050);
            assertThat(Descriptor.destination(at)).isEqualTo(-0x5050);
            assertThat(Descriptor.length(at)).isEqualTo(0x7fff_fff0L);
            Descriptor.advance(at, 0x10, true);
            assertThat(Descriptor.source(at)).isEqualTo(0x3050);
            assertThat(Descriptor.destination(at)).isEqualTo(-0x5050);
            assertThat(Descriptor.length(at)).isEqualTo(0x7fff_ffe0L);
        }
    }

    @Test
    void shouldHaveANameForEveryCode() {
        for (int code = 0; code <= CompletionRecord.STATUS_MASK; code++) {
            final CompletionStatus status = CompletionStatus.of(code);
            assertThat(status == CompletionStatus.UNKNOWN || status.code() == code)
                    .isTrue();
        }
        assertThat(CompletionStatus.of(0x7f)).isEqualTo(CompletionStatus.UNKNOWN);
        assertThat(CompletionStatus.of(0x13)).isEqualTo(CompletionStatus.XFER_ERANGE);
    }
}
