package vhost.switching.internal;

import java.util.List;
import vhost.core.api.VhostPorts;

/** The ports that take part and what is done with them; each change makes a new one and hands it to every worker. */
record Topology(Settings settings, List<PortSlot> ports) {
    Topology {
        ports = List.copyOf(ports);
    }

    /** Bit by slot. */
    long liveSlots() {
        long live = 0;
        for (PortSlot port : ports) {
            live |= 1L << port.slot;
        }
        return live;
    }

    /**
     * By slot: the slot of the other port of a couple. Ports are coupled in the order in which they were opened; an odd
     * last one is its own.
     */
    int[] partners() {
        final int[] partners = new int[VhostPorts.MAX_PORTS];
        for (int i = 0; i < ports.size(); i++) {
            final PortSlot port = ports.get(i);
            partners[port.slot] = ports.get((i ^ 1) < ports.size() ? i ^ 1 : i).slot;
        }
        return partners;
    }
}
