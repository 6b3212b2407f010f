package vhost.shell.internal;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import vhost.core.api.VhostEngines;
import vhost.core.api.VhostEngines.EngineView;
import vhost.core.api.VhostEngines.Wish;
import vhost.core.api.VhostPort;
import vhost.core.api.VhostPorts;
import vhost.core.api.VhostQueue;

/** Which queues a command is about, and what is said of them. */
final class Queues {
    private Queues() {}

    /**
     * The queues of the port {@code name}, or of all ports where that is null: each port's first pair, and of the others
     * those that are or were in use.
     */
    static List<VhostQueue> of(VhostPorts ports, String name) {
        List<VhostPort> chosen = name == null
                ? ports.ports()
                : List.of(ports.port(name).orElseThrow(() -> Near.none("port", name, names(ports))));
        return chosen.stream()
                .flatMap(port -> all(port).stream())
                .filter(Queues::isShown)
                .toList();
    }

    /** All queues of the ports that match {@code port}, of which {@code queue} matches the rest, such as {@code rx0}. */
    static List<VhostQueue> matching(VhostPorts ports, String port, String queue) {
        List<VhostPort> chosen = ports.ports().stream()
                .filter(each -> matches(port, each.name()))
                .toList();
        if (chosen.isEmpty()) {
            throw Near.none("port", port, names(ports));
        }
        List<VhostQueue> found = chosen.stream()
                .flatMap(each -> all(each).stream())
                .filter(each -> matches(queue, shortName(each)))
                .toList();
        if (found.isEmpty()) {
            int last = chosen.stream()
                            .mapToInt(each -> each.spec().queuePairs())
                            .max()
                            .orElse(1)
                    - 1;
            throw new CommandException("no queue '" + queue + "' at "
                    + String.join(", ", chosen.stream().map(VhostPort::name).toList()) + "; there are "
                    + (last == 0 ? "rx0 and tx0" : "rx0 to rx" + last + " and tx0 to tx" + last));
        }
        return found;
    }

    /** Those of {@code queues} that are of interest: all where none is. */
    static List<VhostQueue> shown(List<VhostQueue> queues) {
        List<VhostQueue> some = queues.stream().filter(Queues::isShown).toList();
        return some.isEmpty() ? queues : some;
    }

    private static boolean matches(String glob, String text) {
        return glob.contains("*") ? text.matches(Pattern.quote(glob).replace("*", "\\E.*\\Q")) : glob.equals(text);
    }

    private static List<String> names(VhostPorts ports) {
        return ports.ports().stream().map(VhostPort::name).toList();
    }

    private static String shortName(VhostQueue queue) {
        return queue.name().substring(queue.name().lastIndexOf('/') + 1);
    }

    private static List<VhostQueue> all(VhostPort port) {
        List<VhostQueue> queues = new ArrayList<>();
        for (int pair = 0; pair < port.spec().queuePairs(); pair++) {
            queues.add(port.receiveq(pair));
            queues.add(port.transmitq(pair));
        }
        return queues;
    }

    private static boolean isShown(VhostQueue queue) {
        return shortName(queue).substring(2).equals("0")
                || !queue.ring().isEmpty()
                || queue.counters().packets() > 0;
    }

    /** A number, or {@code auto:NUMBER} where it is learned. */
    static Object threshold(VhostEngines engines, VhostQueue queue) {
        int now = queue.threshold();
        if (engines.wish(queue.name()).threshold() == VhostEngines.AUTO) {
            return queue.engine().equals(VhostEngines.BUILTIN) ? "auto" : learned(now);
        }
        return now;
    }

    /** A threshold that is learned: {@code auto:never} where it was learned that the engine does not pay. */
    static String learned(int threshold) {
        return threshold < 0 ? "auto" : "auto:" + (threshold == Integer.MAX_VALUE ? "never" : threshold);
    }

    /** Why the queue has not got the engine that is wished for it; empty where it has. */
    static String absence(VhostEngines engines, VhostQueue queue) {
        Wish wish = engines.wish(queue.name());
        if (wish.engine().equals(queue.engine())) {
            return "";
        }
        for (EngineView engine : engines.engines()) {
            if (engine.name().equals(wish.engine())) {
                return engine.name() + " "
                        + (engine.state().equals("ok") ? "does not serve it, see 'explain'" : "is " + engine.state());
            }
        }
        return wish.engine() + " is not there";
    }
}
