package vhost.core.internal.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static vhost.core.internal.device.TestPort.await;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import vhost.core.api.PollTask;
import vhost.core.api.VhostException;
import vhost.core.internal.testing.Layout;

/** A worker neither loses a wake-up nor runs a command twice, late or out of order. */
class WorkerTest {
    private Worker worker;

    @BeforeEach
    void start() throws Exception {
        worker = Worker.start(0, -1, 0);
    }

    @AfterEach
    void stop() {
        worker.close();
    }

    /** Counts what others hand it, and nothing else. */
    private static final class Counting implements PollTask {
        final AtomicLong given = new AtomicLong();
        volatile long taken;
        int asleep;

        @Override
        public int poll() {
            final long now = given.get();
            final int moved = (int) (now - taken);
            taken = now;
            return moved;
        }

        @Override
        public int beforeSleep() {
            asleep++;
            return given.get() != taken ? 0 : -1;
        }

        @Override
        public void afterSleep() {
            asleep--;
            assertThat(asleep).isZero();
        }
    }

    @Test
    void shouldLoseNoWakeUpOnItsWayToSleep() {
        final Counting task = new Counting();
        worker.attach(task);
        final long end = System.nanoTime() + 800_000_000L;
        for (int i = 1; i % 1024 != 0 || System.nanoTime() < end; i++) {
            task.given.incrementAndGet();
            worker.wake();
            if (i % 3 == 0) { // the worker is on its way to sleep by now, or there
                final int sent = i;
                await("item " + i, () -> task.taken == sent);
            }
        }
        assertThat(worker.counters().sleeps()).isPositive();
        assertThat(worker.counters().busyTurns()).isPositive();
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    void shouldLoseNoKickOnItsWayToSleep(final Layout layout) throws Exception {
        for (final long features : new long[] {0, 1L << Features.RING_EVENT_IDX}) {
            final TestPort port = new TestPort("p", layout, 16, List.of(worker), new EngineRegistry(), features);
            final Echo echo = new Echo(worker, List.of(port.device));
            worker.attach(echo);
            port.connect();
            final long end = System.nanoTime() + 500_000_000L;
            int kicks = 0;
            for (int i = 0; i % 64 != 0 || System.nanoTime() < end; i++) {
                port.rx.add(port.buffer(TestPort.RX, i), 100);
                port.tx.mark();
                port.tx.add(port.buffer(TestPort.TX, i), 72);
                if (port.tx.isKickWanted(features != 0)) { // only where it is asked for
                    port.kick[TestPort.TX].signal();
                    kicks++;
                }
                await("packet " + i, () -> port.rx.pollUsed() != -1);
                await("buffer " + i, () -> port.tx.pollUsed() != -1);
            }
            assertThat(kicks).isPositive();
            worker.detach(echo);
            port.close();
        }
    }

    @Test
    void shouldRunCommandsInOrderWhetherItSleepsOrNot() throws Exception {
        final List<Integer> order = new ArrayList<>();
        for (int i = 0; i < 20_000; i++) {
            final int number = i;
            worker.execute(() -> order.add(number), 5000);
        }
        assertThat(order).hasSize(20_000).isSorted().doesNotHaveDuplicates();
    }

    @Test
    void shouldRunTheCommandsOfManyThreadsOnce() throws Exception {
        final int[] count = new int[1];
        final List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            final Thread thread = new Thread(() -> {
                for (int k = 0; k < 2000; k++) {
                    try {
                        worker.execute(() -> count[0]++, 5000);
                    } catch (VhostException e) {
                        throw new IllegalStateException(e);
                    }
                }
            });
            threads.add(thread);
            thread.start();
        }
        for (final Thread thread : threads) {
            thread.join();
        }
        worker.execute(() -> assertThat(count[0]).isEqualTo(8000), 5000);
    }

    @Test
    void shouldRunACommandOfItsOwnThreadAtOnce() throws Exception {
        final boolean[] ran = new boolean[1];
        worker.execute(
                () -> {
                    try {
                        worker.execute(() -> ran[0] = true, 1);
                    } catch (VhostException e) {
                        throw new IllegalStateException(e);
                    }
                },
                5000);
        assertThat(ran[0]).isTrue();
    }

    @Test
    void shouldNeverRunACommandThatWasGivenUp() throws Exception {
        final CountDownLatch polled = new CountDownLatch(1);
        final CountDownLatch stuck = new CountDownLatch(1);
        final AtomicBoolean ran = new AtomicBoolean();
        worker.attach(new Idle() {
            @Override
            public int poll() {
                polled.countDown();
                try {
                    stuck.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
                return 0;
            }
        });
        polled.await(); // before that, a command could still come between two others
        assertThatThrownBy(() -> worker.execute(() -> ran.set(true), 20))
                .isInstanceOf(VhostException.class)
                .hasMessageStartingWith("worker 0 did not take a command within 20 ms; it is stuck in a poll task");
        stuck.countDown();
        worker.execute(() -> {}, 5000);
        assertThat(ran).isFalse();
    }

    @Test
    void shouldWaitForACommandThatHasBegunHoweverLongItTakes() throws Exception {
        final AtomicBoolean ran = new AtomicBoolean();
        worker.execute(
                () -> {
                    try {
                        Thread.sleep(100);
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                    ran.set(true);
                },
                20);
        assertThat(ran).isTrue();
    }

    @Test
    void shouldThrowWhatACommandThrowsAndGoOn() throws Exception {
        assertThatThrownBy(() -> worker.execute(
                        () -> {
                            throw new IllegalArgumentException("mine");
                        },
                        5000))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("mine");
        assertThatThrownBy(() -> worker.execute(
                        () -> {
                            throw new InternalError("mine");
                        },
                        5000))
                .isInstanceOf(InternalError.class);
        worker.execute(() -> {}, 5000);
    }

    @Test
    void shouldKeepTheInterruptOfAWaitingThread() throws Exception {
        Thread.currentThread().interrupt();
        try {
            worker.execute(() -> {}, 5000);
        } catch (VhostException e) {
            assertThat(e).hasMessageContaining("did not take a command");
        }
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void shouldCallATaskNoMoreOnceItIsDetached() {
        final AtomicInteger turns = new AtomicInteger();
        final PollTask task = new Idle() {
            @Override
            public int poll() {
                turns.incrementAndGet();
                return 1;
            }
        };
        for (int i = 0; i < 50; i++) {
            worker.attach(task);
            final int before = turns.get();
            await("turn", () -> turns.get() != before);
            worker.detach(task);
            final int after = turns.get();
            Thread.yield();
            assertThat(turns).hasValue(after);
        }
    }

    @Test
    void shouldDropATaskThatThrowsAndServeTheOthers() {
        final AtomicInteger bad = new AtomicInteger();
        final Counting good = new Counting();
        worker.attach(new Idle() {
            @Override
            public int poll() {
                bad.incrementAndGet();
                throw new IllegalStateException("poll");
            }
        });
        worker.attach(good);
        good.given.set(1);
        worker.wake();
        await("other task", () -> good.taken == 1);
        assertThat(bad).hasValue(1);
    }

    @Test
    void shouldSurviveATaskThatThrowsOnItsWayToSleep() throws Exception {
        for (final boolean before : new boolean[] {true, false}) {
            final AtomicInteger calls = new AtomicInteger();
            worker.attach(new Idle() {
                @Override
                public int beforeSleep() {
                    if (before) {
                        calls.incrementAndGet();
                        throw new IllegalStateException("beforeSleep");
                    }
                    return 1;
                }

                @Override
                public void afterSleep() {
                    if (!before) {
                        calls.incrementAndGet();
                        throw new IllegalStateException("afterSleep");
                    }
                }
            });
            await("sleep", () -> calls.get() != 0);
            worker.execute(() -> {}, 5000);
        }
        shouldLoseNoWakeUpOnItsWayToSleep();
    }

    @Test
    void shouldSleepNoLongerThanATaskAllows() {
        final AtomicInteger sleeps = new AtomicInteger();
        worker.attach(new Idle() {
            @Override
            public int beforeSleep() {
                return 1;
            }

            @Override
            public void afterSleep() {
                sleeps.incrementAndGet();
            }
        });
        await("ten sleeps", () -> sleeps.get() >= 10);
        assertThat(worker.counters().idleTurns()).isPositive();
    }

    @Test
    void shouldEndWhereverItIs() throws Exception {
        for (int i = 0; i < 50; i++) {
            final Worker other = Worker.start(1, i == 0 ? 9999 : -1, i % 3 * 100_000L);
            if (i % 5 == 0) {
                Thread.sleep(2);
            }
            other.close();
            assertThatThrownBy(() -> other.execute(() -> {}, 1)).isInstanceOf(VhostException.class);
        }
        assertThat(Thread.getAllStackTraces().keySet().stream()
                        .filter(t -> t.getName().equals("vhost-worker-1")))
                .isEmpty();
    }

    /** A task without work. */
    private static class Idle implements PollTask {
        @Override
        public int poll() {
            return 0;
        }

        @Override
        public int beforeSleep() {
            return -1;
        }

        @Override
        public void afterSleep() {
            // nothing to undo
        }
    }
}
