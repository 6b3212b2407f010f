package vhost.shell.internal;

import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import vhost.core.api.QueueCounters;
import vhost.core.api.VhostEngines;
import vhost.core.api.VhostPorts;
import vhost.core.api.VhostQueue;
import vhost.shell.internal.Usage.Arguments;

@Component(
        service = QueuesCommand.class,
        immediate = true,
        property = {"osgi.command.scope=vhost", "osgi.command.function=queues"})
@Command.Says(
        usage = "queues [PORT]",
        description = "the virtqueues: rings, workers, engines; rx is what the guest receives from")
public final class QueuesCommand extends Command {
    private final VhostPorts ports;
    private final VhostEngines engines;

    @Activate
    public QueuesCommand(
            @Reference(name = "ports", policyOption = ReferencePolicyOption.GREEDY) VhostPorts ports,
            @Reference(name = "engines", policyOption = ReferencePolicyOption.GREEDY) VhostEngines engines) {
        this.ports = ports;
        this.engines = engines;
    }

    @Override
    Object execute(Arguments arguments) {
        Table table = new Table(
                "no ports; add one with port-add",
                "QUEUE",
                "RING",
                "WORKER",
                "CPU",
                "ENGINE",
                "THRESHOLD",
                "IN FLIGHT",
                "PACKETS",
                "DROPPED",
                "KICKS",
                "CALLS");
        for (VhostQueue queue : Queues.of(ports, arguments.text("PORT"))) {
            QueueCounters counters = queue.counters();
            int cpu = queue.worker().cpu();
            table.row(
                    queue.name(),
                    queue.ring(),
                    queue.worker().index(),
                    cpu < 0 ? "-" : cpu,
                    queue.engine(),
                    Queues.threshold(engines, queue),
                    queue.inFlight(),
                    counters.packets(),
                    counters.dropped(),
                    counters.kicks(),
                    counters.calls());
        }
        return table;
    }
}
