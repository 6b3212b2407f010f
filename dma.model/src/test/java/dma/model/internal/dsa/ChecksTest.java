package dma.model.internal.dsa;

import static org.assertj.core.api.Assertions.assertThat;

import dma.dsa.device.Portal;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import linux.LinuxException;
import linux.Memory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Each thing that can be wrong with a descriptor, by one that was built by hand. */
@Timeout(60)
class ChecksTest {
    private static final int COUNT = 4;

    static Stream<Arguments> shouldTellWhatIsWrong() {
        return Stream.of(
                wrong("an opcode that is none", 0x10, "", (rig, at) -> Memory.putInt(at + 4, 0x7f00000C)),
                wrong("an opcode that the model has not", 0x10, "", (rig, at) -> Memory.putInt(at + 4, 0x0900000C)),
                wrong("an opcode that the queue may not", 0x10, "ops=0x7", (rig, at) -> {}),
                wrong("BLOCK_ON_FAULT where the queue has it not", 0x11, "", (rig, at) -> flag(at, 0x2)),
                wrong("a flag that is reserved", 0x11, "", (rig, at) -> flag(at, 0x40)),
                wrong("a flag of another operation", 0x11, "", (rig, at) -> flag(at, 0x80)),
                wrong("an operation's own flag", 0x11, "", (rig, at) -> flag(at, 0x10000)),
                wrong("a PASID with reserved bits", 0x12, "", (rig, at) -> Memory.putInt(at, 1 << 20)),
                wrong("a reserved word", 0x12, "", (rig, at) -> Memory.putShort(at + 38, (short) 1)),
                wrong("an interrupt handle not asked for", 0x12, "", (rig, at) -> Memory.putShort(at + 36, (short) 1)),
                wrong("the first operation specific byte", 0x12, "", (rig, at) -> Memory.putByte(at + 40, (byte) 1)),
                wrong("the last operation specific byte", 0x12, "", (rig, at) -> Memory.putByte(at + 63, (byte) 1)),
                wrong("a kernel's descriptor", 0x1d, "", (rig, at) -> Memory.putInt(at, 1 << 31)),
                wrong("no bytes", 0x13, "", (rig, at) -> Memory.putInt(at + 32, 0)),
                wrong("more bytes than the queue's", 0x13, "transfer=4096", (rig, at) -> Memory.putInt(at + 32, 4097)),
                wrong("an interrupt without a handle", 0x19, "", (rig, at) -> flag(at, 0x10)),
                wrong("a NOOP with an address", 0x12, "", (rig, at) -> Memory.putInt(at + 4, Rig.NOOP)),
                wrong("a batch of none", 0x14, "", (rig, at) -> rig.put(0, Rig.BATCH, rig.descriptor(1), 0, 0)),
                wrong("a batch of one", 0x14, "", (rig, at) -> rig.put(0, Rig.BATCH, rig.descriptor(1), 0, 1)),
                wrong(
                        "a batch of too many",
                        0x14,
                        "batch=4",
                        (rig, at) -> rig.put(0, Rig.BATCH, rig.descriptor(1), 0, 5)),
                wrong(
                        "a list that is misaligned",
                        0x18,
                        "",
                        (rig, at) -> rig.put(0, Rig.BATCH, rig.descriptor(1) + 32, 0, COUNT)),
                wrong(
                        "a batch with a destination",
                        0x12,
                        "",
                        (rig, at) -> rig.put(0, Rig.BATCH, rig.descriptor(1), 64, COUNT)));
    }

    private static Arguments wrong(
            final String what, final int status, final String queue, final BiConsumer<Rig, Long> change) {
        return Arguments.of(what, status, queue, change);
    }

    private static void flag(final long at, final int flag) {
        Memory.putInt(at + 4, Memory.getInt(at + 4) | flag);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void shouldTellWhatIsWrong(
            final String what, final int status, final String queue, final BiConsumer<Rig, Long> change)
            throws LinuxException {
        try (Rig rig = Rig.of(queue);
                Portal portal = rig.portal()) {
            change.accept(rig, rig.move(0, 0, 100));
            portal.movdir64b(rig.descriptor(0));
            assertThat(rig.await(0)).isEqualTo(status);
            assertThat(Memory.getByte(rig.destination(0)))
                    .as("nothing was done")
                    .isZero();
            // The same queue goes on.
            rig.move(1, 0, 100);
            if (queue.isEmpty()) {
                assertThat(rig.run(1)).isEqualTo(1);
            }
        }
    }

    @Test
    void shouldTellWhichFlagsAreInvalid() throws LinuxException {
        try (Rig rig = Rig.of("")) {
            flag(rig.move(0, 0, 8), 0x10042);
            assertThat(rig.run(0)).isEqualTo(0x11);
            assertThat(rig.invalidFlags(0)).isEqualTo(0x10042);
        }
    }

    @Test
    void shouldRefuseOverlapWhereTheDeviceCannot() throws LinuxException {
        final DsaSettings settings = Rig.settings("gencap=0x40915f0105", "");
        try (Rig rig = new Rig(settings, "wq0.0")) {
            rig.put(0, Rig.MOVE, rig.destination(0), rig.destination(50), 100);
            assertThat(rig.run(0)).isEqualTo(0x16);
        }
    }

    @Test
    void shouldAllowCacheControlOnlyWhereTheDeviceHasIt() throws LinuxException {
        try (Rig rig = Rig.of("")) {
            flag(rig.move(0, 0, 8), 0x100);
            assertThat(rig.run(0)).isEqualTo(1);
        }
        try (Rig rig = new Rig(Rig.settings("gencap=0x40915f0103", ""), "wq0.0")) {
            flag(rig.move(0, 0, 8), 0x100);
            assertThat(rig.run(0)).isEqualTo(0x11);
        }
    }

    @Test
    void shouldRefuseAFenceAloneIfSaidSo() throws LinuxException {
        try (Rig rig = Rig.of("")) {
            flag(rig.move(0, 0, 8), Rig.FENCE);
            assertThat(rig.run(0)).isEqualTo(1);
        }
        try (Rig rig = new Rig(Rig.settings("", "").withFenceAlone(false), "wq0.0")) {
            flag(rig.move(0, 0, 8), Rig.FENCE);
            assertThat(rig.run(0)).isEqualTo(0x11);
            assertThat(rig.invalidFlags(0)).isEqualTo(Rig.FENCE);
        }
    }

    @Test
    void shouldTellSwerrOfAMisalignedRecord() throws LinuxException {
        try (Rig rig = Rig.of("");
                Portal portal = rig.portal()) {
            Memory.putLong(rig.move(0, 0, 8) + 8, rig.record(0) + 8);
            portal.movdir64b(rig.descriptor(0));
            Rig.await(() -> rig.queue.device().softwareError().isValid());
            assertThat(rig.queue.device().softwareError().status()).isEqualTo(0x1b);
            assertThat(rig.status(0)).isZero();
        }
    }

    @Test
    void shouldTellSwerrWhereARecordIsAskedForWithoutAnAddress() throws LinuxException {
        try (Rig rig = Rig.of("")) {
            rig.put(0, 0x03000008, rig.source(0), rig.destination(0), 8);
            rig.submit(0);
            Rig.await(() -> rig.queue.device().softwareError().isValid());
            assertThat(rig.queue.device().softwareError().status()).isEqualTo(0x11);
        }
    }

    @Test
    void shouldWriteNoRecordThatNobodyAskedFor() throws LinuxException {
        try (Rig rig = Rig.of("")) {
            rig.put(0, Rig.QUIET_MOVE, rig.source(0), rig.destination(0), 64);
            rig.submit(0);
            rig.move(1, 100, 64);
            assertThat(rig.run(1)).isEqualTo(1);
            rig.assertCopied(0, 64);
            assertThat(rig.status(0)).isZero();
        }
    }

    @Test
    void shouldWriteTheRecordOfAFailureThoughNobodyAskedForIt() throws LinuxException {
        try (Rig rig = Rig.of("")) {
            rig.put(0, Rig.QUIET_MOVE, rig.source(0), rig.destination(0), 0);
            assertThat(rig.run(0)).isEqualTo(0x13);
        }
    }
}
