package vhost.switching.internal;

import linux.Memory;
import vhost.core.api.Packet;

/**
 * The packets that a queue has in flight, each done when the queue was polled some times since it was submitted. Until it is
 * given back nobody may free it, nor write to more than its user word.
 */
final class FakeCopies {
    /** As many as the ring has descriptors. */
    static final int DESCRIPTORS = 512;

    /** For a burst under way. */
    final long[] scratch = new long[DESCRIPTORS];

    private final long[] packets = new long[DESCRIPTORS];
    private final long[] due = new long[DESCRIPTORS];
    private final long[] content = new long[DESCRIPTORS];
    private int head;
    private volatile int tail;
    private long polls;

    int inFlight() {
        return tail - head;
    }

    int room() {
        return DESCRIPTORS - inFlight();
    }

    void lend(long[] burst, int from, int count, int delay) {
        for (int i = from; i < from + count; i++) {
            FakePool.lend(burst[i]);
            int at = tail % DESCRIPTORS;
            packets[at] = burst[i];
            due[at] = polls + delay;
            content[at] = content(burst[i]);
            tail = tail + 1;
        }
    }

    /** How many are done now, at most {@code max}. */
    int completed(int max) {
        polls++;
        int count = 0;
        while (count < max && count < inFlight() && due[(head + count) % DESCRIPTORS] < polls) {
            count++;
        }
        return count;
    }

    /** The oldest one, or one of those behind it. */
    long peek(int index) {
        return packets[(head + index) % DESCRIPTORS];
    }

    long giveBack() {
        int at = head % DESCRIPTORS;
        long packet = packets[at];
        if (content[at] != content(packet)) {
            throw new AssertionError("packet changed while it was in flight");
        }
        FakePool.giveBack(packet);
        head++;
        return packet;
    }

    /** Of what an engine may be copying: the beginning is enough to tell packets apart. */
    private static long content(long packet) {
        long sum = Packet.length(packet);
        int last = Math.min(Packet.length(packet), 64) - Long.BYTES;
        for (int i = Packet.HEADER - Packet.DATA; i <= last; i++) {
            sum = 31 * sum + Memory.getLong(Packet.data(packet) + i);
        }
        return sum;
    }
}
