package vhost.shell.internal;

import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import vhost.shell.internal.Usage.Arguments;
import vhost.switching.Forwarding;
import vhost.switching.MacEntry;

@Component(
        service = MacTableCommand.class,
        immediate = true,
        property = {"osgi.command.scope=vhost", "osgi.command.function=mac-table"})
@Command.Says(usage = "mac-table [--flush]", description = "which station the switch has seen behind which port")
public final class MacTableCommand extends Command {
    private final Forwarding forwarding;

    @Activate
    public MacTableCommand(
            @Reference(name = "forwarding", policyOption = ReferencePolicyOption.GREEDY) Forwarding forwarding) {
        this.forwarding = forwarding;
    }

    @Override
    Object execute(Arguments arguments) {
        if (arguments.has("--flush")) {
            return forwarding.flush() + " stations forgotten";
        }
        Table table =
                new Table("no station seen in mode " + forwarding.mode().configName(), "STATION", "PORT", "AGE s");
        for (MacEntry entry : forwarding.macTable()) {
            table.row(entry.mac(), entry.port(), entry.ageMillis() / 1000);
        }
        return forwarding.evictions() == 0
                ? table
                : table.foot(forwarding.evictions() + " stations were forgotten early for want of room");
    }
}
