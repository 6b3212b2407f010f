package vhost.switching.internal;

import vhost.core.api.PacketPool;

/** Packets of the worker's own pool that have no other target. */
final class Own extends Origin {
    private final PacketPool pool;

    Own(final PacketPool pool) {
        this.pool = pool;
    }

    @Override
    void done(final long[] packets, final int from, final int count) {
        pool.freeBurst(packets, from, count);
    }
}
