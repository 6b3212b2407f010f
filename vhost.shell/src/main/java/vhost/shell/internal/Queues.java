package vhost.shell.internal;

import java.util.ArrayList;
import java.util.List;
import vhost.core.api.VhostPort;
import vhost.core.api.VhostPorts;
import vhost.core.api.VhostQueue;

/** Which queues a command is about. */
final class Queues {
    private Queues() {}

    /**
     * The queues of the port {@code name}, or of all ports where that is null: each port's first pair, and of the others
     * those that are or were in use.
     */
    static List<VhostQueue> of(VhostPorts ports, String name) {
        List<VhostPort> chosen = name == null
                ? ports.ports()
                : List.of(ports.port(name)
                        .orElseThrow(() -> Near.none(
                                "port",
                                name,
                                ports.ports().stream().map(VhostPort::name).toList())));
        List<VhostQueue> queues = new ArrayList<>();
        for (VhostPort port : chosen) {
            for (int pair = 0; pair < port.spec().queuePairs(); pair++) {
                add(queues, port.receiveq(pair), pair);
                add(queues, port.transmitq(pair), pair);
            }
        }
        return queues;
    }

    private static void add(List<VhostQueue> queues, VhostQueue queue, int pair) {
        if (pair == 0 || !queue.ring().isEmpty() || queue.counters().packets() > 0) {
            queues.add(queue);
        }
    }
}
