package vhost.core.internal.async;

import dma.api.DmaLimits;
import dma.api.DmaOps;
import java.lang.foreign.Arena;
import java.util.concurrent.TimeUnit;
import vhost.core.internal.async.CopyChannel.Overflow;

/** Channels with the limits that most tests want; an abort is done at once, as the control plane would. */
public final class Channels {
    private Channels() {}

    /** Of an engine that copies beside the processor, or of one that copies at once. */
    public static CopyChannel channel(final Arena arena, final DmaOps ops, final boolean offloads) {
        return channel(arena, ops, new DmaLimits(1 << 20, 1024, 1, offloads, false), Overflow.CPU);
    }

    public static CopyChannel channel(
            final Arena arena, final DmaOps ops, final DmaLimits limits, final Overflow overflow) {
        return new CopyChannel(
                arena, "fake", ops, limits, overflow, TimeUnit.MILLISECONDS.toNanos(50), Channels::abortWhereWanted);
    }

    private static void abortWhereWanted(final CopyChannel channel) {
        if (channel.isAbortWanted()) {
            channel.aborted(channel.ops().abort());
        }
    }
}
