package vhost.shell.internal;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import vhost.core.api.VhostEngines;
import vhost.core.api.VhostException;
import vhost.core.api.VhostPorts;
import vhost.core.api.VhostQueue;

/** Changes what is wished for queues, and shows what each of them had and has. */
final class Assigning {
    private Assigning() {}

    /** What is changed for a pattern of queue names. */
    interface Change {
        void of(String pattern) throws VhostException;
    }

    static Table run(VhostPorts ports, VhostEngines engines, String port, String queue, Change change)
            throws VhostException {
        List<VhostQueue> queues = Queues.matching(ports, port, queue);
        Map<VhostQueue, String> before = new LinkedHashMap<>();
        Queues.shown(queues).forEach(each -> before.put(each, state(engines, each)));
        change.of(port + "/" + queue);
        Table table = new Table("no queues", "QUEUE", "HAD", "HAS", "NOTE");
        before.forEach((each, had) -> table.row(each.name(), had, state(engines, each), Queues.absence(engines, each)));
        int idle = queues.size() - before.size();
        return idle == 0 ? table : table.foot("and " + idle + " that are not in use");
    }

    private static String state(VhostEngines engines, VhostQueue queue) {
        return queue.engine() + " " + Queues.threshold(engines, queue);
    }

    /** The threshold that a word of the command line states. */
    static int threshold(String word) {
        try {
            return VhostEngines.thresholdOf(word);
        } catch (IllegalArgumentException e) {
            throw new CommandException(e.getMessage());
        }
    }
}
