package vhost.core.internal.device;

import java.lang.foreign.Arena;
import vhost.core.internal.async.GuestReceive;
import vhost.core.internal.async.GuestTransmit;
import vhost.core.internal.async.InFlight;
import vhost.core.internal.memory.GuestMemory;
import vhost.core.internal.ring.Virtqueue;

/** What exists only while a ring runs; its native memory lives as long as {@code arena} is referred to. */
record RunningRing(
        Arena arena,
        Virtqueue virtqueue,
        GuestMemory memory,
        InFlight inFlight,
        GuestReceive receive,
        GuestTransmit transmit) {}
