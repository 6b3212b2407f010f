package vhost.shell.internal;

import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import vhost.core.api.VhostEngines;
import vhost.core.api.VhostException;
import vhost.core.api.VhostPorts;
import vhost.shell.internal.Usage.Arguments;

@Component(
        service = ThresholdCommand.class,
        immediate = true,
        property = {"osgi.command.scope=vhost", "osgi.command.function=threshold"})
@Command.Says(
        usage = "threshold PORT QUEUE BYTES|auto",
        description = "from how many bytes on queues' copies go to their engines, such as '*' 'rx*' 4k; auto learns it")
public final class ThresholdCommand extends Command {
    private final VhostPorts ports;
    private final VhostEngines engines;

    @Activate
    public ThresholdCommand(
            @Reference(name = "ports", policyOption = ReferencePolicyOption.GREEDY) VhostPorts ports,
            @Reference(name = "engines", policyOption = ReferencePolicyOption.GREEDY) VhostEngines engines) {
        this.ports = ports;
        this.engines = engines;
    }

    @Override
    Object execute(Arguments arguments) throws VhostException {
        int bytes = Assigning.threshold(arguments.text("BYTES|auto"));
        return Assigning.run(
                ports,
                engines,
                arguments.text("PORT"),
                arguments.text("QUEUE"),
                pattern -> engines.threshold(pattern, bytes));
    }
}
