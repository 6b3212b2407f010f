package dma.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SettingsTest {
    @Test
    void shouldReadAConfiguration() {
        assertThat(Settings.of(Map.ofEntries(
                        Map.entry("seed", "9"),
                        Map.entry("delay.polls", "0-8"),
                        Map.entry("delay.micros", 5),
                        Map.entry("reorder", "true"),
                        Map.entry("late.polls", "3"),
                        Map.entry("abort.millis", 7L),
                        Map.entry("max.copy.bytes", "1000"),
                        Map.entry("max.in.flight", "10"),
                        Map.entry("alignment", "8"),
                        Map.entry("needs.mapping", false),
                        Map.entry("offloads", "false"),
                        Map.entry("partial", "0.25"),
                        Map.entry("abort.false", "every 7"),
                        Map.entry("hang", " at  12 "))))
                .isEqualTo(Settings.seeded(9)
                        .delayPolls(0, 8)
                        .delayMicros(5, 5)
                        .reorder(true)
                        .latePolls(3)
                        .abortMillis(7)
                        .maxCopyBytes(1000)
                        .maxInFlight(10)
                        .alignment(8)
                        .needsMapping(false)
                        .offloads(false)
                        .with(Fault.PARTIAL, Chance.of(0.25))
                        .with(Fault.ABORT_FALSE, Chance.every(7))
                        .with(Fault.HANG, Chance.at(12))
                        .build());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        partail     | 0.5     | partail: no such key
        partial     | often   | partial: 'often' is no chance; use 0.25, every 7 or at 12
        partial     | every x | partial: 'every x' is no chance; use 0.25, every 7 or at 12
        partial     | 1.5     | partial: chance: probability 1.5, period 0, single 0
        seed        | x       | seed: 'x' is not a number
        reorder     | yes     | reorder: 'yes'; use true or false
        """)
    void shouldSayWhatIsWrong(final String key, final String value, final String says) {
        assertThatThrownBy(() -> Settings.of(Map.of(key, value)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("dma.chaos: " + says);
    }

    @Test
    void shouldRefuseDelaysThatCannotBe() {
        assertThatThrownBy(() -> Settings.seeded(1).delayPolls(3, 2).build()).hasMessage("delay.polls 3-2; use 0-8");
        assertThatThrownBy(() -> Settings.seeded(1).delayMicros(-1, 2).build())
                .hasMessage("delay.micros -1-2; use 0-80");
    }
}
