package dma.cbdma.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dma.api.CopyStatus;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every bit of CHANERR has a name and an outcome. */
class ChannelErrorTest {
    @ParameterizedTest
    @CsvSource({
        "0, unreachable, source address",
        "1, unreachable, destination address",
        "2, failed, next descriptor address",
        "3, failed, descriptor",
        "4, failed, chain address",
        "5, failed, channel command",
        "6, halted, chipset uncorrectable",
        "7, halted, dma uncorrectable",
        "8, unreachable, read data",
        "9, unreachable, write data",
        "10, refused, descriptor control",
        "11, refused, descriptor length",
        "12, halted, completion address",
        "13, failed, interrupt configuration",
        "18, failed, descriptor count",
        "23, failed, bundle",
        "27, failed, dif result reference tag",
        "31, failed, reserved 31"
    })
    void shouldNameTheBit(final int bit, final String outcome, final String name) {
        final int raw = 1 << bit;
        assertThat(CopyStatus.name(ChannelError.outcome(raw))).isEqualTo(outcome);
        assertThat(ChannelError.isFatal(raw)).isEqualTo(outcome.equals("halted"));
        assertThat(ChannelError.names(raw)).isEqualTo("0x" + Integer.toHexString(raw) + " (" + name + ")");
    }

    @Test
    void shouldHaveAnOutcomeForEachBit() {
        assertThat(ChannelError.values()).hasSize(32);
        assertThat(IntStream.range(0, 32).map(bit -> ChannelError.outcome(1 << bit)))
                .allMatch(outcome -> outcome < CopyStatus.OK && outcome >= CopyStatus.HALTED);
    }

    @Test
    void shouldNameSeveralNoneAndADeviceThatHasGone() {
        assertThat(ChannelError.names(0x500)).isEqualTo("0x500 (read data, descriptor control)");
        assertThat(ChannelError.outcome(0x500)).isEqualTo(CopyStatus.UNREACHABLE);
        assertThat(ChannelError.names(0)).isEqualTo("0x0");
        assertThat(ChannelError.outcome(0)).isEqualTo(CopyStatus.FAILED);
        assertThat(ChannelError.names(-1)).isEqualTo("0xffffffff, the device does not answer");
        assertThat(ChannelError.isFatal(-1)).isTrue();
    }
}
