package vhost.switching.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class MacTableTest {
    private static final long A = Frame.mac("52:54:00:00:00:0a");
    private static final long B = Frame.mac("52:54:00:00:00:0b");
    private static final long SECOND = 1_000_000_000L;

    private final MacTable table = new MacTable(8192, 7);
    private final int start = MacTable.ticks(-3 * SECOND);

    @BeforeEach
    void ageAfterFiveMinutes() {
        table.ageing(300 * SECOND);
    }

    @Test
    void shouldFindWhatItLearned() {
        table.learn(A, 0, start);
        table.learn(B, 63, start);

        assertThat(table.lookup(A, start)).isZero();
        assertThat(table.lookup(B, start)).isEqualTo(63);
        assertThat(table.lookup(A ^ B ^ 0xFF00, start)).isEqualTo(MacTable.UNKNOWN);
    }

    @Test
    void shouldFollowAStationThatMoves() {
        table.learn(A, 1, start);
        table.learn(A, 2, start);

        assertThat(table.lookup(A, start)).isEqualTo(2);
        assertThat(size()).isEqualTo(1);
    }

    @Test
    void shouldForgetASilentStation() {
        table.learn(A, 1, start);

        assertThat(table.lookup(A, start + MacTable.ticks(299 * SECOND))).isEqualTo(1);
        assertThat(table.lookup(A, start + MacTable.ticks(301 * SECOND))).isEqualTo(MacTable.UNKNOWN);
    }

    @Test
    void shouldRememberAStationThatIsSeenAgain() {
        table.learn(A, 1, start);
        table.learn(A, 1, start + MacTable.ticks(200 * SECOND));

        assertThat(table.lookup(A, start + MacTable.ticks(400 * SECOND))).isEqualTo(1);
    }

    @Test
    void shouldNotGetYoungerWhenAWorkerIsBehind() {
        table.learn(A, 1, start + 10);
        table.learn(A, 1, start);

        assertThat(table.lookup(A, start + 10 + MacTable.ticks(299 * SECOND))).isEqualTo(1);
    }

    @Test
    void shouldStayBoundedAndEvictTheOldest() {
        MacTable small = new MacTable(16, 7);
        small.ageing(300 * SECOND);
        for (int i = 0; i < 1000; i++) {
            small.learn(0x52L | (long) i << 16, 1, start + i);
        }

        int[] size = new int[1];
        int[] oldest = new int[1];
        small.forEach(start + 1000, (mac, slot, age) -> {
            size[0]++;
            oldest[0] = Math.max(oldest[0], age);
        });
        assertThat(size[0]).isEqualTo(16);
        assertThat(oldest[0]).as("age of the oldest that stayed").isLessThan(100);
        assertThat(small.evictions()).isEqualTo(1000 - 16);
        assertThat(small.lookup(0x52L | 999L << 16, start + 1000)).isEqualTo(1);
    }

    @Test
    void shouldReplaceAgedStationsWithoutCountingThat() {
        MacTable small = new MacTable(16, 7);
        small.ageing(SECOND);
        for (int i = 0; i < 100; i++) {
            small.learn(0x52L | (long) i << 16, 1, start + 1000 * i);
        }

        assertThat(small.evictions()).isZero();
    }

    @Test
    void shouldFlushTheStationsOfAPort() {
        table.learn(A, 1, start);
        table.learn(B, 2, start);

        assertThat(table.flush(1L << 1)).isEqualTo(1);

        assertThat(table.lookup(A, start)).isEqualTo(MacTable.UNKNOWN);
        assertThat(table.lookup(B, start)).isEqualTo(2);
    }

    @Test
    void shouldKeepOneEntryAStationWhenWorkersLearnAtOnce() throws InterruptedException {
        AtomicReference<Throwable> failure = new AtomicReference<>();
        Thread[] threads = new Thread[2];
        for (int t = 0; t < threads.length; t++) {
            int slot = t;
            threads[t] = new Thread(() -> {
                for (int round = 0; round < 200; round++) {
                    for (int i = 0; i < 500; i++) {
                        long mac = 0x52L | (long) i << 20;
                        table.learn(mac, slot, start + round);
                        int found = table.lookup(mac, start + round);
                        if (found != 0 && found != 1) {
                            failure.set(new AssertionError("found " + found));
                        }
                    }
                    if (slot == 0) {
                        table.flush(-1L);
                    }
                }
            });
            threads[t].start();
        }
        for (Thread thread : threads) {
            thread.join();
        }

        // A flush may come between learning and looking up.
        assertThat(failure.get() == null || failure.get().getMessage().equals("found -1"))
                .isTrue();
        table.flush(-1L);
        for (int i = 0; i < 500; i++) {
            table.learn(0x52L | (long) i << 20, 1, start);
        }
        assertThat(size()).isEqualTo(500);
    }

    @Test
    void shouldTellStationsFromGroups() {
        assertThat(MacTable.isStation(A)).isTrue();
        assertThat(MacTable.isStation(0)).isFalse();
        assertThat(MacTable.isStation(Frame.mac(Frame.BROADCAST))).isFalse();
        assertThat(MacTable.isStation(Frame.mac("01:80:c2:00:00:0e"))).isFalse();
    }

    @Test
    void shouldWriteAddressesAsPeopleDo() {
        assertThat(MacTable.format(Frame.mac("52:54:00:ab:cd:0e"))).isEqualTo("52:54:00:ab:cd:0e");
    }

    @Test
    void shouldRefuseAnOddSize() {
        assertThatThrownBy(() -> new MacTable(100, 0)).isInstanceOf(IllegalArgumentException.class);
    }

    private int size() {
        int[] size = new int[1];
        table.forEach(start, (mac, slot, age) -> size[0]++);
        return size[0];
    }
}
