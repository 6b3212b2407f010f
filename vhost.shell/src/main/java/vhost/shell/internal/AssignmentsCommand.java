package vhost.shell.internal;

import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import vhost.core.api.VhostEngines;
import vhost.core.api.VhostEngines.Rule;
import vhost.core.api.VhostException;
import vhost.shell.internal.Usage.Arguments;

@Component(
        service = AssignmentsCommand.class,
        immediate = true,
        property = {"osgi.command.scope=vhost", "osgi.command.function=assignments"})
@Command.Says(
        usage = "assignments [--forget]",
        description = "the rules that say which queue gets which engine, the last that matches wins; --forget: those of"
                + " assign and threshold go")
public final class AssignmentsCommand extends Command {
    private final VhostEngines engines;

    @Activate
    public AssignmentsCommand(
            @Reference(name = "engines", policyOption = ReferencePolicyOption.GREEDY) VhostEngines engines) {
        this.engines = engines;
    }

    @Override
    Object execute(Arguments arguments) throws VhostException {
        if (arguments.has("--forget")) {
            engines.forgetAssigned();
        }
        Table table = new Table("no rules", "QUEUES", "ENGINE", "THRESHOLD", "BY");
        table.row("*", engines.wanted(), VhostEngines.textOf(engines.threshold()), "default");
        for (Rule rule : engines.rules()) {
            table.row(rule.pattern(), rule.engine(), rule.threshold(), rule.assigned() ? "assign" : "file");
        }
        return table;
    }
}
