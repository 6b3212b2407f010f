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

/** Batches: the head is in slot 0, its members are in those from 1 on. */
@Timeout(60)
class BatchTest {
    private static final int PAGE = 4096;

    private Rig rig;

    @BeforeEach
    void begin() throws LinuxException {
        rig = new Rig(Rig.settings("engines=4", ""), "wq0.0");
    }

    @AfterEach
    void end() {
        rig.close();
    }

    private void members(final int count, final int operation) {
        for (int i = 1; i <= count; i++) {
            rig.put(i, operation, rig.source(i * 1000L), rig.destination(i * 1000L), 500);
        }
        rig.put(0, Rig.BATCH, rig.descriptor(1), 0, count);
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 64})
    void shouldEndAfterAllMembers(final int count) {
        members(count, Rig.MOVE);
        assertThat(rig.run(0)).isEqualTo(1);
        assertThat(rig.completed(0)).isEqualTo(count);
        assertThat(rig.result(0)).isZero();
        for (int i = 1; i <= count; i++) {
            assertThat(rig.status(i)).isEqualTo(1);
            rig.assertCopied(i * 1000L, 500);
        }
    }

    @Test
    void shouldLeaveRecordsAloneThatNobodyAskedFor() {
        members(8, Rig.QUIET_MOVE);
        assertThat(rig.run(0)).isEqualTo(1);
        for (int i = 1; i <= 8; i++) {
            assertThat(rig.status(i)).isZero();
            rig.assertCopied(i * 1000L, 500);
        }
    }

    @Test
    void shouldGoOnAfterAMemberThatFailed() {
        members(8, Rig.QUIET_MOVE);
        Memory.putInt(rig.descriptor(3) + 32, 0);
        assertThat(rig.run(0)).isEqualTo(5);
        assertThat(rig.result(0)).isEqualTo(1);
        assertThat(rig.completed(0)).isEqualTo(8);
        assertThat(rig.status(3)).isEqualTo(0x13);
        rig.assertCopied(8000, 500);
    }

    @Test
    void shouldStopAtAFenceAfterAMemberThatFailed() {
        members(8, Rig.MOVE);
        Memory.putInt(rig.descriptor(3) + 32, 0);
        Memory.putInt(rig.descriptor(6) + 4, Rig.MOVE | Rig.FENCE);
        assertThat(rig.run(0)).isEqualTo(5);
        assertThat(rig.completed(0)).as("members before the fence").isEqualTo(5);
        assertThat(rig.status(5)).isEqualTo(1);
        for (int i = 6; i <= 8; i++) {
            assertThat(rig.status(i)).isZero();
            assertThat(Memory.getByte(rig.destination(i * 1000L))).isZero();
        }
    }

    @Test
    void shouldPassAFenceWhereAllIsWell() {
        members(8, Rig.MOVE);
        Memory.putInt(rig.descriptor(6) + 4, Rig.MOVE | Rig.FENCE);
        assertThat(rig.run(0)).isEqualTo(1);
        rig.assertCopied(8000, 500);
    }

    @Test
    void shouldStartAfterAFenceWithWhatCameBeforeIt() {
        rig.put(1, Rig.MOVE, rig.source(0), rig.destination(0), 4000);
        rig.put(2, Rig.MOVE | Rig.FENCE, rig.destination(0), rig.destination(10_000), 4000);
        rig.put(0, Rig.BATCH, rig.descriptor(1), 0, 2);
        assertThat(rig.run(0)).isEqualTo(1);
        assertThat(Memory.getByte(rig.destination(13_999))).isEqualTo(Rig.content(3999));
    }

    @Test
    void shouldRefuseABatchInABatch() {
        members(4, Rig.MOVE);
        rig.put(2, Rig.BATCH, rig.descriptor(10), 0, 2);
        assertThat(rig.run(0)).isEqualTo(5);
        assertThat(rig.status(2)).isEqualTo(0x10);
    }

    @Test
    void shouldLetARecordOverlayItsDescriptor() {
        members(16, Rig.MOVE);
        for (int i = 1; i <= 16; i++) {
            Memory.putLong(rig.descriptor(i) + 8, rig.descriptor(i));
        }
        assertThat(rig.run(0)).isEqualTo(1);
        for (int i = 1; i <= 16; i++) {
            assertThat(Memory.getLong(rig.descriptor(i))).isEqualTo(1);
            assertThat(Memory.getInt(rig.descriptor(i) + 32))
                    .as("the other half stays")
                    .isEqualTo(500);
            rig.assertCopied(i * 1000L, 500);
        }
    }

    @Test
    void shouldTellWhichMemberCouldNotBeFetched() throws LinuxException {
        final long pages = Linux.mmap(
                2 * PAGE, Linux.PROT_READ | Linux.PROT_WRITE, Linux.MAP_PRIVATE | Linux.MAP_ANONYMOUS, -1, 0);
        Linux.munmap(pages + PAGE, PAGE);
        rig.model.renewMappings();
        members(3, Rig.MOVE);
        final long list = pages + PAGE - 3 * 64;
        Memory.copy(rig.descriptor(1), list, 3 * 64);
        rig.put(0, Rig.BATCH, list, 0, 5);
        assertThat(rig.run(0)).isEqualTo(6);
        assertThat(rig.completed(0)).isEqualTo(3);
        assertThat(rig.faultAddress(0)).isEqualTo(pages + PAGE);
        rig.assertCopied(3000, 500);
        Linux.munmap(pages, PAGE);
    }

    @Test
    void shouldReportAPageFaultOfAMember() {
        members(4, Rig.QUIET_MOVE);
        Memory.putLong(rig.descriptor(2) + 24, 64);
        assertThat(rig.run(0)).isEqualTo(5);
        assertThat(rig.status(2)).isEqualTo(0x83);
        rig.assertCopied(4000, 500);
    }
}
