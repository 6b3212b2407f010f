package vhost.shell.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class NearTest {
    @Test
    void countsExchangedLettersAsOneMistake() {
        assertThat(Near.distance("prot", "port")).isEqualTo(1);
        assertThat(Near.distance("", "abc")).isEqualTo(3);
        assertThat(Near.distance("kitten", "sitting")).isEqualTo(3);
    }

    @Test
    void namesWhatWasProbablyMeant() {
        assertThat(Near.none("port", "prot0", List.of("port0", "uplink")))
                .hasMessage("no port 'prot0'; did you mean port0?");
        assertThat(Near.none("port", "up", List.of("port0", "uplink"))).hasMessageEndingWith("did you mean uplink?");
    }

    @Test
    void namesAllWhereNothingIsNear() {
        assertThat(Near.none("port", "b", List.of("a", "c"))).hasMessage("no port 'b'; there are a, c");
        assertThat(Near.none("port", "b", List.of())).hasMessage("no port 'b'; there is none");
    }
}
