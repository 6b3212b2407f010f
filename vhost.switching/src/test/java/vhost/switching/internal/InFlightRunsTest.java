package vhost.switching.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class InFlightRunsTest {
    private final InFlightRuns runs = new InFlightRuns();
    private final List<String> done = new ArrayList<>();
    private final Origin a = new Recorder("a");
    private final Origin b = new Recorder("b");

    @Test
    void shouldTellEachOriginItsPackets() {
        runs.submit(a, 3);
        runs.submit(b, 2);
        complete(4);
        assertThat(done).containsExactly("a3", "b1");
        complete(1);
        assertThat(done).containsExactly("a3", "b1", "b1");
        assertThat(runs.isEmpty()).isTrue();
    }

    @Test
    void shouldLetPassedPacketsWaitForTheirTurn() {
        runs.submit(a, 2);
        runs.pass(b, 5);
        runs.pass(b, 2);
        runs.submit(b, 1);
        runs.pass(a, 4);
        complete(1);
        assertThat(done).containsExactly("a1");
        complete(1);
        assertThat(done).containsExactly("a1", "a1", "passed b7");
        complete(1);
        assertThat(done).containsExactly("a1", "a1", "passed b7", "b1", "passed a4");
        assertThat(runs.isEmpty()).isTrue();
    }

    @Test
    void shouldPassAtOnceWhereNothingIsInFlight() {
        runs.pass(a, 5);
        assertThat(done).containsExactly("passed a5");
        assertThat(runs.isEmpty()).isTrue();
    }

    @Test
    void shouldMergeRunsOfOneOrigin() {
        for (int i = 0; i < 10_000; i++) {
            assertThat(runs.hasRoom()).isTrue();
            runs.submit(a, 1);
        }
        complete(10_000);
        assertThat(done).containsExactly("a10000");
    }

    @Test
    void shouldHaveRoomForSegmentsAndTheirPacket() {
        int steps = 0;
        for (; runs.hasRoom(); steps++) {
            runs.submit(a, 1);
            runs.pass(b, 1);
        }
        assertThat(steps).isEqualTo(InFlightRuns.CAPACITY / 2);
        complete(1);
        assertThat(runs.hasRoom()).isTrue();
        complete(steps - 1);
        assertThat(done).hasSize(2 * steps);
    }

    @Test
    void shouldKeepTheOrderOfAnything() {
        Random random = new Random(5);
        ArrayDeque<String> expected = new ArrayDeque<>();
        Origin[] origins = {a, b, new Recorder("c")};
        String[] names = {"a", "b", "c"};
        int submitted = 0;
        for (int i = 0; i < 100_000; i++) {
            int which = random.nextInt(3);
            int count = 1 + random.nextInt(5);
            if (random.nextInt(3) == 0) {
                int back = random.nextInt(submitted + 1);
                complete(back);
                submitted -= back;
            } else if (runs.hasRoom()) {
                boolean passed = random.nextBoolean();
                if (passed) {
                    runs.pass(origins[which], count);
                } else {
                    runs.submit(origins[which], count);
                    submitted += count;
                }
                for (int k = 0; k < count; k++) {
                    expected.add((passed ? "passed " : "") + names[which]);
                }
            }
            check(expected);
        }
        complete(submitted);
        check(expected);
        assertThat(expected).isEmpty();
        assertThat(runs.isEmpty()).isTrue();
    }

    private void check(ArrayDeque<String> expected) {
        for (String run : done) {
            int digits = run.replaceAll("\\d", "").length();
            for (int left = Integer.parseInt(run.substring(digits)); left > 0; left--) {
                assertThat(run.substring(0, digits)).isEqualTo(expected.poll());
            }
        }
        done.clear();
    }

    private void complete(int count) {
        runs.complete(LongStream.range(0, count).toArray(), count);
    }

    private final class Recorder extends Origin {
        private final String name;

        Recorder(String name) {
            this.name = name;
        }

        @Override
        void returned(long[] packets, int from, int count) {
            assertThat(packets[from + count - 1]).isEqualTo(from + count - 1);
            done.add(name + count);
        }

        @Override
        void done(long[] packets, int from, int count) {
            done.add("passed " + name + count);
        }
    }
}
