package vhost.switching.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ChecksumTest {
    @Test
    void shouldComputeTheExampleOfTheRfc() {
        byte[] data = {0x00, 0x01, (byte) 0xF2, 0x03, (byte) 0xF4, (byte) 0xF5, (byte) 0xF6, (byte) 0xF7};

        assertThat(Checksum.swap(checksum(data))).isEqualTo(~0xDDF2 & 0xFFFF);
    }

    @Test
    void shouldAgreeWithTheReferenceAtEveryLengthAndAlignment() {
        Random random = new Random(1071);
        for (int length = 0; length < 300; length++) {
            byte[] data = new byte[length];
            random.nextBytes(data);
            for (int offset = 0; offset < 8; offset++) {
                assertThat(Checksum.swap(checksum(data, offset)))
                        .as("length %d at %d", length, offset)
                        .isEqualTo(~Reference.sum(data, 0, length) & 0xFFFF);
            }
        }
    }

    @Test
    void shouldNotOverflowOnLongPackets() {
        byte[] ones = new byte[65599];
        java.util.Arrays.fill(ones, (byte) 0xFF);

        assertThat(Checksum.swap(checksum(ones))).isEqualTo(~Reference.sum(ones, 0, ones.length) & 0xFFFF);
    }

    @Test
    void shouldAddNumbersOfTheCode() {
        assertThat(Checksum.swap(Checksum.complete(Checksum.addNumber(Checksum.addNumber(0, 0x1234), 0xF00F))))
                .isEqualTo(~Reference.fold(0x1234 + 0xF00F) & 0xFFFF);
    }

    private static int checksum(byte[] data) {
        return checksum(data, 0);
    }

    private static int checksum(byte[] data, int offset) {
        try (Arena arena = Arena.ofConfined()) {
            // Neighbours must not count.
            MemorySegment memory = arena.allocate(data.length + 16, 8).fill((byte) 0xA5);
            MemorySegment.copy(MemorySegment.ofArray(data), 0, memory, offset, data.length);
            return Checksum.complete(Checksum.add(0, memory.address() + offset, data.length));
        }
    }
}
