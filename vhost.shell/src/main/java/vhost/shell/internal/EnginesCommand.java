package vhost.shell.internal;

import java.util.List;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import vhost.core.api.VhostEngines;
import vhost.core.api.VhostEngines.EngineView;
import vhost.shell.internal.Usage.Arguments;

@Component(
        service = EnginesCommand.class,
        immediate = true,
        property = {"osgi.command.scope=vhost", "osgi.command.function=engines"})
@Command.Says(usage = "engines", description = "the copy engines that are there, how they do, and who uses them")
public final class EnginesCommand extends Command {
    /** Queues that are named for each engine. */
    private static final int SHOWN = 8;

    private final VhostEngines engines;

    @Activate
    public EnginesCommand(
            @Reference(name = "engines", policyOption = ReferencePolicyOption.GREEDY) VhostEngines engines) {
        this.engines = engines;
    }

    private static String some(List<String> queues) {
        String names = String.join(" ", queues.subList(0, Math.min(SHOWN, queues.size())));
        return queues.size() > SHOWN ? names + " and " + (queues.size() - SHOWN) + " more" : names;
    }

    @Override
    Object execute(Arguments arguments) {
        Table table = new Table(
                "no engines; the core copies itself",
                "ENGINE",
                "TYPE",
                "BACKING",
                "NUMA",
                "MAX COPY",
                "MOST IN FLIGHT",
                "OFFLOADS",
                "BUNDLE",
                "STATE",
                "CHANNELS",
                "DRAINING",
                "QUEUES");
        for (EngineView engine : engines.engines()) {
            table.row(
                    engine.name(),
                    engine.type(),
                    engine.backing(),
                    engine.numaNode() < 0 ? "-" : engine.numaNode(),
                    engine.maxCopyBytes() == Long.MAX_VALUE ? "-" : engine.maxCopyBytes(),
                    engine.maxInFlight() == Integer.MAX_VALUE ? "-" : engine.maxInFlight(),
                    engine.offloads() ? "yes" : "no",
                    engine.bundle(),
                    engine.state(),
                    engine.channels(),
                    engine.draining(),
                    some(engine.queues()));
        }
        int rules = engines.rules().size();
        return table.foot("default: " + engines.wanted() + ", threshold " + VhostEngines.textOf(engines.threshold())
                + (rules == 0 ? "" : "; there are rules for single queues, see 'assignments'"));
    }
}
