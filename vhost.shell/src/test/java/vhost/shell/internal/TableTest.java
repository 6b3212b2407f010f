package vhost.shell.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class TableTest {
    @Test
    void alignsNumbersRightAndTextLeft() {
        Table table = new Table("none", "PORT", "PACKETS", "EVENT");
        table.row("a", 7, "gone");
        table.row("longer", 1234567890L, "");
        assertThat(table).hasToString("""
            PORT       PACKETS  EVENT
            a                7  gone
            longer  1234567890  -\
            """);
    }

    @Test
    void saysWhatIsMissingWithoutRows() {
        assertThat(new Table("no ports", "PORT").foot("mode io")).hasToString("no ports\nmode io");
    }

    @Test
    void refusesARowOfAnotherWidth() {
        assertThatThrownBy(() -> new Table("", "A", "B").row(1)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void isPrintedByTheShell() {
        Table table = new Table("nothing", "A");
        assertThat(new TableConverter().format(table, 0, null)).hasToString("nothing");
        assertThat(new TableConverter().format("text", 0, null)).isNull();
    }
}
