package vhost.shell.internal;

import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import vhost.core.api.VhostEngines;
import vhost.core.api.VhostEngines.Swap;
import vhost.shell.internal.Usage.Arguments;

@Component(
        service = SwapsCommand.class,
        immediate = true,
        property = {"osgi.command.scope=vhost", "osgi.command.function=swaps"})
@Command.Says(
        usage = "swaps [N]",
        description = "the last changes of queues' engines and thresholds: why, how long until in use, and until the"
                + " channel before was empty")
public final class SwapsCommand extends Command {
    private static final int DEFAULT = 20;
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("HH:mm:ss.SSS").withZone(ZoneId.systemDefault());

    private final VhostEngines engines;

    @Activate
    public SwapsCommand(
            @Reference(name = "engines", policyOption = ReferencePolicyOption.GREEDY) VhostEngines engines) {
        this.engines = engines;
    }

    @Override
    Object execute(Arguments arguments) {
        int max = arguments.number("N", DEFAULT);
        if (max < 1) {
            throw new CommandException("N '" + max + "'; use 1 or more");
        }
        Table table = new Table(
                "no changes yet",
                "NO",
                "TIME",
                "QUEUE",
                "FROM",
                "TO",
                "WHY",
                "IN USE us",
                "EMPTY us",
                "REDONE",
                "QUARANTINED");
        List<Swap> swaps = engines.swaps(max).reversed();
        for (Swap swap : swaps) {
            table.row(
                    swap.number(),
                    TIME.format(swap.at()),
                    swap.queue(),
                    swap.fromEngine() + " " + VhostEngines.textOf(swap.fromThreshold()),
                    swap.toEngine() + " " + VhostEngines.textOf(swap.toThreshold()),
                    swap.why(),
                    swap.useMicros(),
                    swap.drainMicros() < 0 ? "-" : swap.drainMicros(),
                    swap.redone(),
                    swap.quarantined() ? "yes" : "no");
        }
        long total = engines.swapCount();
        return total > swaps.size() ? table.foot(total + " changes since the start") : table;
    }
}
