package vhost.shell.internal;

import java.util.ArrayList;
import java.util.List;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import vhost.core.api.VhostEngines;
import vhost.core.api.VhostEngines.EngineView;
import vhost.core.api.VhostException;
import vhost.core.api.VhostPorts;
import vhost.shell.internal.Usage.Arguments;

@Component(
        service = AssignCommand.class,
        immediate = true,
        property = {"osgi.command.scope=vhost", "osgi.command.function=assign"})
@Command.Says(
        usage = "assign PORT QUEUE ENGINE [THRESHOLD] [--wait]",
        description = "let an engine copy for queues, such as '*' 'rx*' cpu-worker 4k; builtin: the core copies itself;"
                + " --wait: for an engine to come")
public final class AssignCommand extends Command {
    private final VhostPorts ports;
    private final VhostEngines engines;

    @Activate
    public AssignCommand(
            @Reference(name = "ports", policyOption = ReferencePolicyOption.GREEDY) VhostPorts ports,
            @Reference(name = "engines", policyOption = ReferencePolicyOption.GREEDY) VhostEngines engines) {
        this.ports = ports;
        this.engines = engines;
    }

    @Override
    Object execute(Arguments arguments) throws VhostException {
        String engine = arguments.text("ENGINE");
        String threshold = arguments.text("THRESHOLD");
        List<String> names =
                new ArrayList<>(engines.engines().stream().map(EngineView::name).toList());
        names.add(VhostEngines.BUILTIN);
        if (!names.contains(engine) && !arguments.has("--wait")) {
            throw Near.none("engine", engine, names);
        }
        int bytes = threshold == null ? 0 : Assigning.threshold(threshold);
        return Assigning.run(ports, engines, arguments.text("PORT"), arguments.text("QUEUE"), pattern -> {
            if (threshold == null) {
                engines.assign(pattern, engine);
            } else {
                engines.assign(pattern, engine, bytes);
            }
        });
    }
}
