package dma.model.internal.dsa;

import static org.assertj.core.api.Assertions.assertThat;

import linux.Linux;
import linux.LinuxException;
import linux.Memory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What operations do to memory, and to memory that is not there. */
@Timeout(60)
class OperationTest {
    private static final int PAGE = 4096;

    private Rig rig;

    @BeforeEach
    void begin() throws LinuxException {
        rig = Rig.of("");
    }

    @AfterEach
    void end() {
        rig.close();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 63, 64, 65, 2048, 100_000})
    void shouldCopy(final long size) {
        rig.move(0, 3, size);
        assertThat(rig.run(0)).isEqualTo(1);
        rig.assertCopied(3, size);
        assertThat(Memory.getByte(rig.destination(2))).isZero();
    }

    @Test
    void shouldTellTheWorstAlignmentOfDestinations() {
        assertThat(takeAlignment()).isZero();
        rig.move(0, 4096, 64);
        assertThat(rig.run(0)).isEqualTo(1);
        assertThat(takeAlignment()).isEqualTo(64);
        rig.put(0, Rig.MOVE, rig.source(1), rig.destination(4), 64);
        assertThat(rig.run(0)).isEqualTo(1);
        rig.put(0, Rig.MOVE, rig.source(1), rig.destination(32), 64);
        assertThat(rig.run(0)).isEqualTo(1);
        assertThat(takeAlignment()).isEqualTo(4);
        rig.put(0, Rig.NOOP, 0, 0, 0);
        assertThat(rig.run(0)).isEqualTo(1);
        assertThat(takeAlignment()).isZero();
        assertThat(rig.model.takeAlignment("dsa-model7/wq7.0")).isZero();
    }

    private int takeAlignment() {
        return rig.model.takeAlignment("dsa-model0/wq0.0");
    }

    @ParameterizedTest
    @ValueSource(longs = {-40, 40})
    void shouldCopyAsIfThroughAnotherPlaceWhereBuffersOverlap(final long shift) {
        rig.move(0, 0, 1000);
        assertThat(rig.run(0)).isEqualTo(1);
        rig.put(0, Rig.MOVE, rig.destination(100), rig.destination(100 + shift), 500);
        assertThat(rig.run(0)).isEqualTo(1);
        for (int i = 0; i < 500; i++) {
            assertThat(Memory.getByte(rig.destination(100 + shift + i))).isEqualTo(Rig.content(100 + i));
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 7, 8, 9, 100})
    void shouldFill(final long size) {
        rig.put(0, Rig.FILL, 0x0807060504030201L, rig.destination(5), size);
        assertThat(rig.run(0)).isEqualTo(1);
        for (int i = 0; i < size; i++) {
            assertThat(Memory.getByte(rig.destination(5 + i))).isEqualTo((byte) (i % 8 + 1));
        }
        assertThat(Memory.getByte(rig.destination(5 + size))).isZero();
    }

    @Test
    void shouldCompare() {
        rig.move(0, 0, 100);
        assertThat(rig.run(0)).isEqualTo(1);
        rig.put(0, Rig.COMPARE, rig.source(0), rig.destination(0), 100);
        assertThat(rig.run(0)).isEqualTo(1);
        assertThat(rig.result(0)).isZero();
        rig.put(0, Rig.COMPARE, rig.source(0), rig.destination(0), 101);
        assertThat(rig.run(0)).isEqualTo(1);
        assertThat(rig.result(0)).isEqualTo(1);
        assertThat(rig.completed(0)).isEqualTo(100);
        rig.put(0, Rig.COMPARE | 0x80, rig.source(0), rig.destination(0), 101);
        assertThat(rig.run(0)).as("predicate: expected equal").isEqualTo(2);
    }

    @Test
    void shouldDoNothing() {
        rig.put(0, Rig.NOOP, 0, 0, 0);
        assertThat(rig.run(0)).isEqualTo(1);
        rig.put(1, Rig.DRAIN, 0, 0, 0);
        assertThat(rig.run(1)).isEqualTo(1);
    }

    @Test
    void shouldReportAPageThatIsNotMapped() throws LinuxException {
        final long pages = map(2 * PAGE);
        Linux.munmap(pages + PAGE, PAGE);
        rig.model.renewMappings();
        rig.put(0, Rig.MOVE, rig.source(0), pages + PAGE - 100, 300);
        assertThat(rig.run(0)).isEqualTo(0x83);
        assertThat(rig.completed(0)).isEqualTo(100);
        assertThat(rig.faultAddress(0)).isEqualTo(pages + PAGE);
        assertThat(Memory.getByte(pages + PAGE - 1)).isEqualTo(Rig.content(99));

        rig.put(1, Rig.MOVE, pages + PAGE - 10, rig.destination(0), 20);
        assertThat(rig.run(1)).isEqualTo(0x03);
        assertThat(rig.completed(1)).isEqualTo(10);
        assertThat(rig.faultAddress(1)).isEqualTo(pages + PAGE);

        rig.put(2, Rig.FILL, -1, pages + PAGE - 9, 20);
        assertThat(rig.run(2)).isEqualTo(0x83);
        assertThat(rig.completed(2)).isEqualTo(9);
        Linux.munmap(pages, PAGE);
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 8, -1, Long.MIN_VALUE, 0x7fff_ffff_f000L})
    void shouldReportAddressesThatAreNone(final long address) {
        rig.put(0, Rig.MOVE, address, rig.destination(0), 64);
        assertThat(rig.run(0)).isEqualTo(0x03);
        assertThat(rig.completed(0)).isZero();
        assertThat(rig.faultAddress(0)).isEqualTo(address);
        rig.put(1, Rig.MOVE, rig.source(0), address, 64);
        assertThat(rig.run(1)).isEqualTo(0x83);
    }

    @Test
    void shouldReportPagesThatMayNotBeWritten() throws LinuxException {
        final long page = Linux.mmap(PAGE, Linux.PROT_READ, Linux.MAP_PRIVATE | Linux.MAP_ANONYMOUS, -1, 0);
        rig.put(0, Rig.MOVE, page, rig.destination(0), 64);
        assertThat(rig.run(0)).isEqualTo(1);
        rig.put(0, Rig.MOVE, rig.source(0), page, 64);
        assertThat(rig.run(0)).isEqualTo(0x83);
        Linux.munmap(page, PAGE);
    }

    @Test
    void shouldReportAFileThatWasTruncated() throws LinuxException {
        final int fd = Linux.memfd("guest", 2 * PAGE, 0);
        final long pages = Linux.mmap(2 * PAGE, Linux.PROT_READ | Linux.PROT_WRITE, Linux.MAP_SHARED, fd, 0);
        Linux.truncate(fd, PAGE);
        rig.put(0, Rig.MOVE, rig.source(0), pages, 2 * PAGE);
        assertThat(rig.run(0)).isEqualTo(0x83);
        assertThat(rig.completed(0)).isEqualTo(PAGE);
        assertThat(rig.faultAddress(0)).isEqualTo(pages + PAGE);
        assertThat(Memory.getByte(pages + PAGE - 1)).isEqualTo(Rig.content(PAGE - 1));

        rig.put(0, Rig.MOVE, pages + 10, rig.destination(0), PAGE);
        assertThat(rig.run(0)).isEqualTo(0x03);
        assertThat(rig.completed(0)).isEqualTo(PAGE - 10);
        assertThat(rig.faultAddress(0)).isEqualTo(pages + PAGE);

        rig.put(0, Rig.MOVE, rig.source(0), pages + PAGE + 5, 1);
        assertThat(rig.run(0)).isEqualTo(0x83);
        assertThat(rig.completed(0)).isZero();

        rig.move(0, 0, 64);
        assertThat(rig.run(0)).as("and lives").isEqualTo(1);
        Linux.munmap(pages, 2 * PAGE);
        Linux.close(fd);
    }

    @Test
    void shouldCopyNothingOfAnOverlapThatIsNotThere() throws LinuxException {
        final long pages = map(3 * PAGE);
        Linux.munmap(pages + 2 * PAGE, PAGE);
        rig.model.renewMappings();
        rig.put(0, Rig.MOVE, pages, pages + PAGE, 2 * PAGE);
        assertThat(rig.run(0)).isEqualTo(0x83);
        assertThat(rig.completed(0)).isZero();
        assertThat(rig.result(0)).as("backward").isEqualTo(1);
        Linux.munmap(pages, 2 * PAGE);
    }

    @Test
    void shouldTellSwerrOfARecordThatCannotBeWritten() {
        Memory.putLong(rig.move(0, 0, 8) + 8, 64);
        rig.submit(0);
        Rig.await(() -> rig.queue.device().softwareError().isValid());
        assertThat(rig.queue.device().softwareError().status()).isEqualTo(0x1a);
    }

    private static long map(final long size) throws LinuxException {
        return Linux.mmap(size, Linux.PROT_READ | Linux.PROT_WRITE, Linux.MAP_PRIVATE | Linux.MAP_ANONYMOUS, -1, 0);
    }
}
