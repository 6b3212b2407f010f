package vhost.core.internal.device;

import java.util.List;

/**
 * An engine did not serve a queue.
 *
 * @param why as the engine says it
 */
record Refusal(Offer offer, String why) {
    /** One line for all that were refused at a time: {@code queues}, of {@code asked}; {@code first} is that of the first. */
    static String line(final List<VhostQueueImpl> queues, final int asked, final Refusal first) {
        final String engine = "engine " + first.offer().name() + " does not serve ";
        return asked == 1
                ? queues.getFirst().name() + ": " + engine + "it, the core copies: " + first.why()
                : engine + queues.size() + " of " + asked + " queues, the core copies for them; of "
                        + queues.getFirst().name() + ": " + first.why();
    }
}
