package vhost.core.internal.memory;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import linux.Linux;
import linux.Memory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import vhost.core.internal.testing.GuestRam;

/** Every answer lies wholly in one region, whatever is asked. */
class TranslatorTest {
    private final GuestRam ram = new GuestRam(64 << 10);
    private GuestMemory memory;
    private Translator translator;

    @BeforeEach
    void map() throws MemoryException {
        memory = ram.map();
        translator = new Translator(memory);
    }

    @AfterEach
    void unmap() throws MemoryException {
        memory.unmap();
        ram.close();
    }

    @Test
    void shouldFindTheSameByteAsTheGuest() {
        for (long gpa = GuestRam.BASE; gpa < ram.end(); gpa += 4093) {
            Memory.putInt(ram.at(gpa), (int) gpa);
            assertThat(Memory.getInt(translator.translate(gpa, 1))).isEqualTo((int) gpa);
        }
    }

    @Test
    void shouldGoUpToTheLastByteOfARegionAndNoFurther() {
        for (int round = 0; round < 2; round++) { // cold and warm
            assertThat(translator.translate(ram.seam() - 16, 16)).isNotZero();
            assertThat(translator.translate(ram.seam() - 16, 17)).isZero();
            assertThat(translator.translate(ram.seam() - 1, 1)).isNotZero();
            assertThat(translator.translate(ram.end() - 16, 16)).isNotZero();
            assertThat(translator.translate(ram.end() - 16, 17)).isZero();
            assertThat(translator.translate(ram.end(), 1)).isZero();
            assertThat(translator.translate(GuestRam.BASE - 1, 1)).isZero();
            assertThat(translator.translate(GuestRam.BASE, 0xFFFF_FFFFL)).isZero();
        }
        assertThat(translator.translateStart(ram.seam() - 16)).isNotZero();
        assertThat(translator.reach()).isEqualTo(16);
    }

    @Test
    void shouldFindNothingInNoMemory() {
        final Translator none = new Translator(GuestMemory.NONE);
        assertThat(none.translate(0, 1)).isZero();
        assertThat(none.translate(GuestRam.BASE, 1)).isZero();
        assertThat(none.translateStart(0)).isZero();
        assertThat(GuestMemory.NONE.translateUser(0, 0)).isZero();
    }

    @Test
    void shouldAnswerRandomQuestionsAsArithmeticDoes() {
        final long seed = 4;
        final Random random = new Random(seed);
        for (int i = 0; i < 200_000; i++) {
            final long gpa = switch (random.nextInt(4)) {
                case 0 -> random.nextLong();
                case 1 -> ram.seam() - 50 + random.nextInt(100);
                case 2 -> ram.end() - 50 + random.nextInt(100);
                default -> GuestRam.BASE - 50 + random.nextInt(200_000);
            };
            final long length = random.nextInt(8) == 0 ? random.nextLong(1L << 32) : 1 + random.nextInt(100);
            final boolean lower = gpa >= GuestRam.BASE && gpa < ram.seam() && length <= ram.seam() - gpa;
            final boolean upper = gpa >= ram.seam() && gpa < ram.end() && length <= ram.end() - gpa;
            assertThat(translator.translate(gpa, length) != 0)
                    .as("seed %d: %x + %x", seed, gpa, length)
                    .isEqualTo(lower || upper);
            final long user = GuestRam.user(gpa);
            assertThat(memory.translateUser(user, length) != 0).isEqualTo(lower || upper);
        }
    }

    @Test
    void shouldNoticeATruncatedFile() throws Exception {
        assertThat(memory.isIntact()).isTrue();
        Linux.truncate(ram.fd(), 4096);
        assertThat(memory.isIntact()).isFalse();
    }
}
