package dma.dsa.internal.engine;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;

import dma.api.CopyStatus;
import dma.api.MemoryRegion;
import dma.dsa.internal.engine.Bench.Way;
import dma.dsa.internal.testing.FakeQueue.Fault;
import dma.dsa.internal.wire.CompletionStatus;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import linux.Linux;
import linux.Memory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What becomes of copies that the device does not make, or not in one go. */
@Timeout(60)
class RecoveryTest {
    private static final int READ_FAULT = 0x03;
    private static final int WRITE_FAULT = 0x83;

    private static Stream<Arguments> places() {
        return Arrays.stream(Way.values())
                .flatMap(way -> Stream.of(0, 7, 14, 15).map(place -> Arguments.of(way, place)));
    }

    @ParameterizedTest
    @MethodSource("places")
    void shouldResumeACopyWhereItEnded(final Way way, final int place) throws Exception {
        try (Bench bench = Bench.opened(way, 16)) {
            bench.queue.fault(bench.from.address() + place * 1000L, READ_FAULT, 40, false);
            bench.addMany(0, 16);
            assertThat(bench.submit()).isEqualTo(16);
            bench.pollFor(16);
            assertThat(bench.completions.failures()).isZero();
            bench.assertMade(0, 16);
            assertThat(bench.queue.copies).isEqualTo(17);
            assertThat(bench.engine.counts())
                    .contains("copies made 16", "resubmitted 1", "finished by the processor 0", "PAGE_FAULT_NOBOF 1");
        }
    }

    @ParameterizedTest
    @MethodSource("places")
    void shouldReportAFailedCopyInItsPlaceOnly(final Way way, final int place) throws Exception {
        try (Bench bench = Bench.opened(way, 16)) {
            bench.queue.fault(bench.from.address() + place * 1000L, 0x20, 0, false);
            bench.addMany(0, 16);
            assertThat(bench.submit()).isEqualTo(16);
            assertThat(bench.poll()).isEqualTo(16);
            for (int i = 0; i < 16; i++) {
                assertThat(bench.completions.status(i)).isEqualTo(i == place ? CopyStatus.FAILED : CopyStatus.OK);
            }
            bench.addMany(16, 16);
            assertThat(bench.submit()).isEqualTo(16);
            assertThat(bench.poll()).isEqualTo(16);
            assertThat(bench.completions.failures()).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldKeepTheAddressesOfACopyThatWasMadeFromItsEnd(final Way way) throws Exception {
        try (Bench bench = Bench.opened(way, 16)) {
            // Destination above source: the device begins at the end, and 60 bytes are left at the beginning.
            final byte[] before = bench.from.asSlice(0, 100).toArray(JAVA_BYTE);
            final long source = bench.from.address();
            bench.queue.fault(source, WRITE_FAULT, 40, true);
            bench.batch.add(source, source + 10, 100);
            assertThat(bench.submit()).isEqualTo(1);
            bench.pollFor(1);
            assertThat(bench.completions.failures()).isZero();
            assertThat(bench.from.asSlice(10, 100).mismatch(MemorySegment.ofArray(before)))
                    .isEqualTo(-1);
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldFinishByTheProcessorAfterTooManyFaults(final Way way) throws Exception {
        try (Bench bench = Bench.opened(way, 16)) {
            for (int i = 0; i < 10; i++) {
                bench.queue.fault(bench.from.address() + 5L * i, READ_FAULT, 5, false);
            }
            bench.addMany(0, 3);
            assertThat(bench.submit()).isEqualTo(3);
            bench.pollFor(3);
            assertThat(bench.completions.failures()).isZero();
            bench.assertMade(0, 3);
            assertThat(bench.engine.counts())
                    .contains("resubmitted " + DsaSettings.DEFAULT.resumeLimit(), "finished by the processor 1");
            // The slot remembers nothing of it.
            bench.queue.fault(bench.from.address() + 4000, READ_FAULT, 5, false);
            bench.addMany(3, 16);
            assertThat(bench.submit()).isEqualTo(16);
            bench.pollFor(19);
            assertThat(bench.engine.counts()).contains("finished by the processor 1,");
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldFinishByTheProcessorWhereTheQueueIsFull(final Way way) throws Exception {
        try (Bench bench = Bench.opened(way, 16)) {
            bench.queue.fault(bench.from.address(), READ_FAULT, 5, false);
            bench.addMany(0, 1);
            assertThat(bench.submit()).isEqualTo(1);
            bench.queue.writeResults.add(-11L);
            bench.queue.retries = 100;
            if (way == Way.MOVDIR64B) {
                bench.queue.instant = false; // never full, but slow
                assertThat(bench.poll()).isZero();
                bench.queue.completeBackwards();
            }
            assertThat(bench.poll()).isEqualTo(1);
            assertThat(bench.completions.failures()).isZero();
            bench.assertMade(0, 1);
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldReportMemoryThatIsGoneAsUnreachable(final Way way) throws Exception {
        final int fd = Linux.memfd("gone", 8192, 0);
        final long memory = Linux.mmap(8192, 3, Linux.MAP_SHARED, fd, 0);
        Linux.truncate(fd, 4096);
        try (Bench bench = Bench.opened(way, 16)) {
            bench.queue.fault(memory + 4000, READ_FAULT, 96, false);
            bench.batch.add(memory + 4000, bench.to.address(), 200);
            bench.addMany(1, 1);
            bench.queue.fault(bench.from.address() + 2000, WRITE_FAULT, 0, false);
            bench.batch.add(bench.from.address() + 2000, memory + 4096, 100);
            bench.queue.fault(8, 0x04, 0, false); // never mapped: the page request was invalid
            bench.batch.add(8, bench.to.address() + 3000, 100);
            bench.addMany(4, 1);
            bench.queue.fault(16, 0x16, 0, false); // would be the processor's
            bench.batch.add(16, bench.to.address() + 5000, 100);
            assertThat(bench.submit()).isEqualTo(6);
            assertThat(bench.poll()).isEqualTo(6);
            assertThat(bench.outcomes()).isEqualTo("unreachable ok unreachable unreachable ok unreachable");
            bench.assertMade(4, 1);
        } finally {
            Linux.munmap(memory, 8192);
            Linux.close(fd);
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldGiveEveryStatusAnOutcome(final Way way) throws Exception {
        try (Bench bench = Bench.opened(way, 16)) {
            for (final CompletionStatus status : CompletionStatus.values()) {
                if (status == CompletionStatus.NONE || status == CompletionStatus.SUCCESS) {
                    continue;
                }
                final int code = status == CompletionStatus.UNKNOWN ? 0x7e : status.code();
                bench.to.fill((byte) 0);
                bench.completions.clear();
                bench.queue.fault(bench.from.address(), code, 0, false);
                bench.addMany(0, 2);
                assertThat(bench.submit()).isEqualTo(2);
                bench.pollFor(2);
                assertThat(bench.completions.status(1)).isEqualTo(CopyStatus.OK);
                assertThat(bench.completions.status(0))
                        .as(status.name())
                        .isEqualTo(
                                switch (status.action()) {
                                    case RESUME, RESUBMIT, FINISH -> CopyStatus.OK;
                                    case REFUSE -> CopyStatus.REFUSED;
                                    case UNREACHABLE -> CopyStatus.UNREACHABLE;
                                    default -> CopyStatus.FAILED;
                                });
                assertThat(bench.isCopied(0, 100)).isEqualTo(bench.completions.status(0) == CopyStatus.OK);
                assertThat(bench.engine.counts()).containsPattern(", " + status + " [1-9]");
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"MOVDIR64B", "ENQCMD"})
    void shouldMakeTheRestOfABatchWhoseListFaulted(final Way way) throws Exception {
        try (Bench bench = Bench.opened(way, 16)) {
            bench.queue.batchFault = new Fault(0x06, 3, false);
            bench.addMany(0, 8);
            assertThat(bench.submit()).isEqualTo(8);
            bench.pollFor(8);
            assertThat(bench.completions.failures()).isZero();
            bench.assertMade(0, 8);
            assertThat(bench.queue.copies).isEqualTo(8);
            bench.addMany(8, 8);
            assertThat(bench.submit()).isEqualTo(8);
            assertThat(bench.queue.batches).isEqualTo(2);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"MOVDIR64B", "ENQCMD"})
    void shouldGoOnWithoutBatchesWhereTheDeviceRefusesThem(final Way way) throws Exception {
        try (Bench bench = Bench.opened(way, 16)) {
            bench.queue.batchFault = new Fault(0x10, 0, false);
            bench.addMany(0, 8);
            assertThat(bench.submit()).isEqualTo(8);
            bench.pollFor(8);
            bench.addMany(8, 8);
            assertThat(bench.submit()).isEqualTo(8);
            assertThat(bench.poll()).isEqualTo(8);
            assertThat(bench.completions.failures()).isZero();
            bench.assertMade(0, 16);
            assertThat(bench.queue.batches).isEqualTo(1);
        }
    }

    @Test
    void shouldMakeABatchThatWasRefusedWithFewCreditsByTheProcessor() throws Exception {
        try (Bench bench = Bench.opened(Way.MOVDIR64B, 2)) {
            bench.queue.instant = false;
            bench.queue.batchFault = new Fault(0x10, 0, false);
            bench.addMany(0, 8);
            assertThat(bench.submit()).isEqualTo(8);
            bench.queue.complete(0);
            assertThat(bench.poll()).isZero();
            assertThat(bench.queue.held()).isEqualTo(2);
            bench.queue.completeBackwards();
            assertThat(bench.poll()).isEqualTo(8);
            assertThat(bench.completions.failures()).isZero();
            bench.assertMade(0, 8);
            assertThat(bench.queue.most).isEqualTo(2);
        }
    }

    @Test
    void shouldSetBlockOnFaultOnlyWhereBothWantIt() throws Exception {
        final DsaSettings wanted = new DsaSettings(DsaSettings.Submission.AUTO, false, true, true, 4, 64);
        try (Bench bench = Bench.opened(Way.WRITE_SHARED, 16, wanted)) {
            bench.addMany(0, 1);
            assertThat(bench.submit()).isEqualTo(1);
            assertThat(bench.queue.flags & 2).isZero();
        }
        try (Bench bench = Bench.of(Way.WRITE_SHARED, 16)) {
            bench.host.set("wq0.0/block_on_fault", "1");
            bench.host.set("dsa0/gen_cap", "0x40915f0103");
            bench.open(wanted);
            bench.addMany(0, 1);
            assertThat(bench.submit()).isEqualTo(1);
            assertThat(bench.queue.flags).isEqualTo(0x0e);
        }
    }

    @Test
    void shouldMakeMemoryPresentWhenItIsToldOfIt() throws Exception {
        final long memory = Linux.mmap(8192, 3, Linux.MAP_PRIVATE | Linux.MAP_ANONYMOUS, -1, 0);
        try (Bench bench = Bench.opened(
                Way.WRITE_SHARED, 16, new DsaSettings(DsaSettings.Submission.AUTO, true, false, true, 4, 64))) {
            Memory.putByte(memory, (byte) 7);
            bench.channel.announce(new MemoryRegion(memory, 8192));
            assertThat(Memory.getByte(memory)).isEqualTo((byte) 7);
            assertThat(isPresent(memory + 4096)).isTrue();
            bench.channel.withdraw(new MemoryRegion(memory, 8192));
        } finally {
            Linux.munmap(memory, 8192);
        }
    }

    /** What the kernel says of the page: bit 63 of its entry. */
    private static boolean isPresent(final long address) throws Exception {
        try (FileChannel pages = FileChannel.open(Path.of("/proc/self/pagemap"))) {
            final ByteBuffer entry = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
            assertThat(pages.read(entry, address / 4096 * 8)).isEqualTo(8);
            return entry.getLong(0) < 0;
        }
    }
}
