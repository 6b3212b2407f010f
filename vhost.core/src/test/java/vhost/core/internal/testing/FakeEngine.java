package vhost.core.internal.testing;

import dma.api.Completions;
import dma.api.CopyBatch;
import dma.api.CopyStatus;
import dma.api.DmaEngine;
import dma.api.DmaException;
import dma.api.DmaLimits;
import dma.api.DmaOps;
import dma.api.MemoryRegion;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import linux.Memory;

/** An engine that a test tells how to misbehave; it copies when asked for completions, not before. */
public class FakeEngine implements DmaEngine {
    /** All channels ever opened. */
    public final List<Channel> channels = new CopyOnWriteArrayList<>();

    private final DmaLimits limits;

    public FakeEngine() {
        this(new DmaLimits(Long.MAX_VALUE, 1024, 1, true, true));
    }

    public FakeEngine(final DmaLimits limits) {
        this.limits = limits;
    }

    @Override
    public DmaLimits limits() {
        return limits;
    }

    @Override
    public DmaOps open(final String owner) throws DmaException {
        final Channel channel = channel(owner);
        channels.add(channel);
        return channel;
    }

    /** The channels that are open. */
    public List<Channel> open() {
        return channels.stream().filter(channel -> !channel.closed).toList();
    }

    protected Channel channel(final String owner) {
        return new Channel(owner);
    }

    /** A channel; subclasses override one call to misbehave. */
    public static class Channel implements DmaOps {
        private static final int ROOM = 1024;

        public final String owner;
        public final List<MemoryRegion> announced = new ArrayList<>();
        public final List<Integer> lengths = new ArrayList<>();
        public volatile boolean closed;
        public volatile int aborts;
        public volatile long copies;

        /** How many copies it takes at once. */
        public int atOnce = ROOM;

        /** How many calls it refuses first. */
        public int refusals;

        /** Whether it keeps a list of all lengths. */
        public boolean keepsLengths;

        private final long[] source = new long[ROOM];
        private final long[] destination = new long[ROOM];
        private final long[] length = new long[ROOM];
        protected int pending;

        public Channel(final String owner) {
            this.owner = owner;
        }

        @Override
        public int transferData(final CopyBatch batch) {
            if (refusals > 0) {
                refusals--;
                return 0;
            }
            final int accepted = Math.min(Math.min(batch.end() - batch.first(), atOnce), ROOM - pending);
            for (int i = 0; i < accepted; i++) {
                source[pending] = batch.source(batch.first() + i);
                destination[pending] = batch.destination(batch.first() + i);
                length[pending] = batch.length(batch.first() + i);
                if (keepsLengths) {
                    lengths.add((int) length[pending]);
                }
                pending++;
            }
            return accepted;
        }

        @Override
        public int completedCopies(final Completions completions) {
            final int count = Math.min(pending, completions.room());
            for (int i = 0; i < count; i++) {
                final int status = copy(source[i], destination[i], length[i]);
                if (status == CopyStatus.OK) {
                    completions.succeeded(1);
                } else {
                    completions.failed(status);
                }
            }
            System.arraycopy(source, count, source, 0, pending - count);
            System.arraycopy(destination, count, destination, 0, pending - count);
            System.arraycopy(length, count, length, 0, pending - count);
            pending -= count;
            return count;
        }

        /** Makes one copy and tells how it went. */
        protected int copy(final long from, final long to, final long bytes) {
            copies++;
            Memory.copy(from, to, bytes);
            return CopyStatus.OK;
        }

        @Override
        public boolean abort() {
            aborts++;
            pending = 0;
            return true;
        }

        @Override
        public void announce(final MemoryRegion region) throws DmaException {
            if (announced.contains(region)) {
                throw new DmaException("announced twice: " + region);
            }
            announced.add(region);
        }

        @Override
        public void withdraw(final MemoryRegion region) throws DmaException {
            if (!announced.remove(region)) {
                throw new DmaException("never announced: " + region);
            }
        }

        @Override
        public void close() {
            closed = true;
        }
    }
}
