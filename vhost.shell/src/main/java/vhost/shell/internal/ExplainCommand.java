package vhost.shell.internal;

import java.util.List;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import vhost.core.api.VhostEngines;
import vhost.core.api.VhostEngines.SizeClass;
import vhost.core.api.VhostEngines.ThresholdReport;
import vhost.core.api.VhostException;
import vhost.core.api.VhostPorts;
import vhost.core.api.VhostQueue;
import vhost.shell.internal.Usage.Arguments;

@Component(
        service = ExplainCommand.class,
        immediate = true,
        property = {"osgi.command.scope=vhost", "osgi.command.function=explain"})
@Command.Says(
        usage = "explain PORT QUEUE",
        description = "why a queue has its engine and threshold: copies seen by size, and what each costs either way")
public final class ExplainCommand extends Command {
    private final VhostPorts ports;
    private final VhostEngines engines;

    @Activate
    public ExplainCommand(
            @Reference(name = "ports", policyOption = ReferencePolicyOption.GREEDY) VhostPorts ports,
            @Reference(name = "engines", policyOption = ReferencePolicyOption.GREEDY) VhostEngines engines) {
        this.ports = ports;
        this.engines = engines;
    }

    @Override
    Object execute(Arguments arguments) throws VhostException {
        List<VhostQueue> queues = Queues.matching(ports, arguments.text("PORT"), arguments.text("QUEUE"));
        StringBuilder text = new StringBuilder();
        for (VhostQueue queue : Queues.shown(queues)) {
            text.append(text.isEmpty() ? "" : "\n\n").append(table(engines.explain(queue.name())));
        }
        return text.toString();
    }

    private static String table(ThresholdReport report) {
        Table table = new Table("no copies were measured", "FROM BYTES", "COPIES", "CORE ns", "ENGINE ns", "MADE BY");
        for (SizeClass size : report.sizes()) {
            table.row(size.bytes(), size.seen(), nanos(size.coreNanos()), nanos(size.engineNanos()), size.choice());
        }
        return report.queue() + ": engine " + report.engine() + ", threshold "
                + (report.auto() ? Queues.learned(report.threshold()) : report.threshold()) + "\n"
                + table.foot(report.why());
    }

    private static Object nanos(double cost) {
        return cost <= 0 ? "-" : Math.round(cost);
    }
}
