package vhost.shell.internal;

import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import vhost.core.api.VhostEngines;
import vhost.core.api.VhostEngines.EngineView;
import vhost.shell.internal.Usage.Arguments;

@Component(
        service = EnginesCommand.class,
        property = {"osgi.command.scope=vhost", "osgi.command.function=engines"})
@Command.Says(usage = "engines", description = "the copy engines that are there, and which of them is wanted")
public final class EnginesCommand extends Command {
    private final VhostEngines engines;

    @Activate
    public EnginesCommand(
            @Reference(name = "engines", policyOption = ReferencePolicyOption.GREEDY) VhostEngines engines) {
        this.engines = engines;
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
                "IN FLIGHT",
                "OFFLOADS",
                "BUNDLE",
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
                    String.join(" ", engine.queues()));
        }
        return table.foot("wanted: " + engines.wanted() + " for copies of " + engines.threshold() + " bytes and more");
    }
}
