package vhost.shell.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UsageTest {
    private final Usage usage = Usage.of("port-add NAME SOCKET [--client] [--queues N] [EXTRA]");

    @Test
    void readsWhatTheLineStates() {
        assertThat(usage.required()).containsExactly("NAME", "SOCKET");
        assertThat(usage.optional()).containsExactly("EXTRA");
        assertThat(usage.options()).containsEntry("--client", "").containsEntry("--queues", "N");
    }

    @Test
    void takesOptionsAnywhere() {
        Usage.Arguments arguments = usage.parse(List.of("--queues", "4", "a", "--client", "/run/a.sock"));
        assertThat(arguments.text("NAME")).isEqualTo("a");
        assertThat(arguments.text("SOCKET")).isEqualTo("/run/a.sock");
        assertThat(arguments.has("--client")).isTrue();
        assertThat(arguments.number("--queues", 1)).isEqualTo(4);
        assertThat(arguments.number("--mtu", 9)).isEqualTo(9);
        assertThat(arguments.text("EXTRA")).isNull();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "a                 | missing SOCKET",
                "a b c d           | 'd' is too much",
                "a b --queue 3     | no option '--queue'; did you mean --queues?",
                "a b --queues      | --queues needs N",
            })
    void saysInOneLineWhatIsWrongAndWhatIsRight(String words, String complaint) {
        assertThatThrownBy(() -> usage.parse(List.of(words.strip().split(" "))))
                .hasMessageStartingWith(complaint)
                .hasMessageEndingWith("usage: port-add NAME SOCKET [--client] [--queues N] [EXTRA]");
    }

    @Test
    void saysWhichNumberIsNone() {
        Usage.Arguments arguments = usage.parse(List.of("a", "b", "--queues", "many"));
        assertThatThrownBy(() -> arguments.number("--queues", 1)).hasToString("--queues 'many' is not a number");
    }

    @Test
    void isWhatTheShellCompletesFrom() {
        assertThat(Completions.complete("queues [PORT]", "the queues")).isEqualTo("""
            complete -c vhost:queues -d 'the queues'
            complete -c vhost:queues -a '__ports'
            """);
        assertThat(Completions.complete(usage.text(), "it's")).isEqualTo("""
            complete -c vhost:port-add -d 'its'
            complete -c vhost:port-add -l client
            complete -c vhost:port-add -l queues
            complete -c vhost:port-add -a '__files'
            """);
    }
}
