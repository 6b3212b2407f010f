package e2e;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.function.Supplier;

/** Waiting for what another process does: looks again and again, never longer than it is told. */
final class Waiting {
    private static final long PAUSE_MILLIS = 10;

    private Waiting() {}

    /** Returns when {@code condition} holds; fails with {@code what} and {@code details} where it does not in time. */
    static void until(
            final String what,
            final Duration limit,
            final Callable<Boolean> condition,
            final Supplier<String> details) {
        if (!within(limit, condition)) {
            throw new AssertionError("not within " + limit.toMillis() + " ms: " + what + "\n" + details.get());
        }
    }

    static void until(final String what, final Duration limit, final Callable<Boolean> condition) {
        until(what, limit, condition, () -> "");
    }

    /** Whether {@code condition} holds before the time is up. */
    static boolean within(final Duration limit, final Callable<Boolean> condition) {
        final long end = System.nanoTime() + limit.toNanos();
        try {
            while (!condition.call()) {
                if (System.nanoTime() > end) {
                    return false;
                }
                Thread.sleep(PAUSE_MILLIS);
            }
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted: the test took too long", e);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    static void sleep(final Duration time) {
        try {
            Thread.sleep(time);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted: the test took too long", e);
        }
    }
}
