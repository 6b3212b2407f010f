package dma.model.internal.timing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class SizeTableTest {
    private final SizeTable table = new SizeTable(new long[] {64, 128, 256}, new double[] {10, 20, 60});

    @Test
    void shouldGiveWhatWasMeasured() {
        assertThat(table.nanos(64)).isEqualTo(10);
        assertThat(table.nanos(128)).isEqualTo(20);
        assertThat(table.nanos(256)).isEqualTo(60);
    }

    @Test
    void shouldDrawALineBetweenTwoPoints() {
        assertThat(table.nanos(96)).isEqualTo(15);
        assertThat(table.nanos(192)).isEqualTo(40);
    }

    @Test
    void shouldStayAtTheFirstPointAndGoOnBeyondTheLast() {
        assertThat(table.nanos(0)).isEqualTo(10);
        assertThat(table.nanos(512)).isEqualTo(140);
    }

    @Test
    void shouldRefuseWhatIsNotSorted() {
        assertThatThrownBy(() -> new SizeTable(new long[] {2, 1}, new double[] {1, 1}))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
