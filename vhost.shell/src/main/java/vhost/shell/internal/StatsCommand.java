package vhost.shell.internal;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import vhost.core.api.QueueCounters;
import vhost.core.api.VhostPorts;
import vhost.core.api.VhostQueue;
import vhost.shell.internal.Usage.Arguments;

/** Immediate, so that it lives on between two calls: the rates are of the time since the last. */
@Component(
        service = StatsCommand.class,
        immediate = true,
        property = {"osgi.command.scope=vhost", "osgi.command.function=stats"})
@Command.Says(
        usage = "stats [PORT]",
        description = "what crossed the virtqueues and who copied it; rates are since the last 'stats'")
public final class StatsCommand extends Command {
    private final VhostPorts ports;
    private final Map<VhostQueue, Snapshot> last = new HashMap<>();

    @Activate
    public StatsCommand(@Reference(name = "ports", policyOption = ReferencePolicyOption.GREEDY) VhostPorts ports) {
        this.ports = ports;
    }

    @Override
    Object execute(Arguments arguments) {
        return table(arguments.text("PORT"), System.nanoTime());
    }

    synchronized Table table(String port, long now) {
        Table table = new Table(
                "no ports; add one with port-add",
                "QUEUE",
                "PACKETS",
                "BYTES",
                "DROPPED",
                "ERRORS",
                "BY ENGINE",
                "BY CORE",
                "REDONE",
                "KICKS",
                "CALLS",
                "PACKETS/S",
                "BITS/S");
        for (VhostQueue queue : Queues.of(ports, port)) {
            QueueCounters counters = queue.counters();
            Snapshot before = last.put(queue, new Snapshot(now, counters));
            table.row(
                    queue.name(),
                    counters.packets(),
                    counters.bytes(),
                    counters.dropped(),
                    counters.errors(),
                    counters.engineCopies(),
                    counters.coreCopies(),
                    counters.redone(),
                    counters.kicks(),
                    counters.calls(),
                    before == null ? "-" : before.rate(now, counters.packets() - before.counters.packets()),
                    before == null ? "-" : before.rate(now, 8 * (counters.bytes() - before.counters.bytes())));
        }
        last.keySet()
                .removeIf(queue -> ports.port(queue.port().name())
                        .filter(open -> open == queue.port())
                        .isEmpty());
        return table;
    }

    private record Snapshot(long nanos, QueueCounters counters) {
        /** {@code 1.25 M}, or {@code 310}. */
        String rate(long now, long count) {
            double rate = count * 1e9 / Math.max(1, now - nanos);
            String[] units = {"", " k", " M", " G", " T"};
            int unit = 0;
            while (rate >= 1000 && unit < units.length - 1) {
                rate /= 1000;
                unit++;
            }
            return String.format(Locale.ROOT, unit == 0 ? "%.0f%s" : "%.2f%s", rate, units[unit]);
        }
    }
}
