package dma.model.internal.dsa;

import static org.assertj.core.api.Assertions.assertThat;

import linux.Linux;
import linux.LinuxException;
import org.junit.jupiter.api.Test;

class MappingsTest {
    private static final int PAGE = 4096;

    private final Mappings mappings = new Mappings(Long.MAX_VALUE);

    private static long map(final int pages, final int access) throws LinuxException {
        return Linux.mmap((long) pages * PAGE, access, Linux.MAP_PRIVATE | Linux.MAP_ANONYMOUS, -1, 0);
    }

    @Test
    void shouldSeeWhatIsMappedAfterwards() throws LinuxException {
        mappings.renew();
        final long at = map(2, Linux.PROT_READ);
        assertThat(mappings.reach(at + 5, PAGE, false)).isEqualTo(PAGE);
        assertThat(mappings.reach(at + 5, PAGE, true)).isZero();
        Linux.munmap(at, 2 * PAGE);
    }

    @Test
    void shouldTellHowFarAMappingGoes() throws LinuxException {
        final long at = map(3, Linux.PROT_READ | Linux.PROT_WRITE);
        Linux.munmap(at + 2 * PAGE, PAGE);
        assertThat(mappings.reach(at, 3 * PAGE, true)).isEqualTo(2 * PAGE);
        assertThat(mappings.reach(at + 2 * PAGE, 1, false)).isZero();
        assertThat(mappings.reaches(at, 2 * PAGE, true)).isTrue();
        Linux.munmap(at, 2 * PAGE);
    }

    @Test
    void shouldGoOnIntoTheNextMapping() throws LinuxException {
        final long at = map(3, Linux.PROT_READ | Linux.PROT_WRITE);
        final int fd = Linux.memfd("other", PAGE, 0);
        Linux.munmap(at + PAGE, PAGE);
        assertThat(mappings.reach(at, 3 * PAGE, false)).isEqualTo(PAGE);
        assertThat(mappings.reach(at + 2 * PAGE, PAGE, false)).isEqualTo(PAGE);
        Linux.close(fd);
        Linux.munmap(at, PAGE);
        Linux.munmap(at + 2 * PAGE, PAGE);
    }

    @Test
    void shouldForgetWhatIsTooOld() throws LinuxException {
        final Mappings young = new Mappings(0);
        final long at = map(1, Linux.PROT_READ);
        assertThat(young.reaches(at, PAGE, false)).isTrue();
        Linux.munmap(at, PAGE);
        young.age(System.nanoTime());
        assertThat(young.reach(at, PAGE, false)).isZero();
    }
}
