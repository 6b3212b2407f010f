package launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MainTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "frwrd                             | unknown command 'frwrd', did you mean forward?; see './vhost"
                        + " help'",
                "forward ioo /tmp/a                | unknown mode 'ioo', use one of io, mac, macswap, rxonly, txonly,"
                        + " switch; see './vhost help forward'",
                "forward io                        | missing SOCKET; see './vhost help forward'",
                "forward                           | missing MODE; see './vhost help forward'",
                "forward io /tmp/a --engin x       | unknown option '--engin', did you mean --engine?; see './vhost"
                        + " help forward'",
                "forward io /tmp/a --threshold -1  | --threshold -1: use 0 to 2147483647, such as 1024 or 4k, or auto;"
                        + " see './vhost help forward'",
                "forward io /tmp/a --threshold 3g  | --threshold 3g: use 0 to 2147483647, such as 1024 or 4k, or auto;"
                        + " see './vhost help forward'",
                "forward io /tmp/a --cpu a         | --cpu 'a' is not a number; see './vhost help forward'",
                "forward io /tmp/a --cpu 0,-2      | --cpu -2: use 0 to 4095; see './vhost help forward'",
                "forward io /tmp/a --queues 129    | --queues 129: use 1 to 128; see './vhost help forward'",
                "forward io /tmp/a /tmp/a          | a socket is named twice; see './vhost help forward'",
                "run now                           | unknown argument 'now'; see './vhost help run'",
                "exec                              | missing COMMAND; see './vhost help exec'",
            })
    void refusesInOneLine(String line, String complaint) {
        int status = Main.run(
                new PrintWriter(out, true),
                new PrintWriter(err, true),
                line.strip().split(" "));
        assertThat(err.toString()).isEqualTo("vhost: " + complaint + System.lineSeparator());
        assertThat(out.toString()).isEmpty();
        assertThat(status).isEqualTo(2);
    }

    @Test
    void refusesAProcessorThatIsNotThere() {
        assertThat(Main.run(
                        new PrintWriter(out, true),
                        new PrintWriter(err, true),
                        "forward",
                        "io",
                        "/tmp/a",
                        "--cpu",
                        "4095"))
                .isEqualTo(2);
        assertThat(err.toString()).startsWith("vhost: --cpu 4095: this process may use processor 0");
    }

    @Test
    void readsTheKernelsListOfProcessors() {
        assertThat(Processors.parse("0-2,8")).containsExactly(0, 1, 2, 8);
        assertThat(Processors.parse("3")).containsExactly(3);
        assertThat(Processors.usable()).isNotEmpty();
    }

    @Test
    void explainsItselfWithoutArguments() {
        assertThat(Main.run(new PrintWriter(out, true), new PrintWriter(err, true)))
                .isZero();
        assertThat(out.toString())
                .contains("run ", "forward ", "demo ", "shell ", "exec ", "doctor ", "version ", "help ");
    }

    @Test
    void knowsItsVersion() {
        assertThat(Main.run(new PrintWriter(out, true), new PrintWriter(err, true), "version"))
                .isZero();
        assertThat(out.toString()).containsPattern("^vhost \\d+\\.\\d+\\.\\d+").contains("java ");
    }
}
