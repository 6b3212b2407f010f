package vhost.shell.internal;

import java.io.IOException;
import java.util.Optional;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import vhost.core.api.VhostPort;
import vhost.core.api.VhostPorts;
import vhost.shell.internal.Usage.Arguments;

@Component(
        service = PortRemoveCommand.class,
        immediate = true,
        property = {"osgi.command.scope=vhost", "osgi.command.function=port-remove"})
@Command.Says(usage = "port-remove PORT", description = "close a port, for good")
public final class PortRemoveCommand extends Command {
    private final VhostPorts ports;
    private final PortSettings settings;

    @Activate
    public PortRemoveCommand(
            @Reference(name = "ports", policyOption = ReferencePolicyOption.GREEDY) VhostPorts ports,
            @Reference(name = "configurations", policyOption = ReferencePolicyOption.GREEDY) ConfigurationAdmin admin) {
        this.ports = ports;
        this.settings = new PortSettings(admin);
    }

    @Override
    Object execute(Arguments arguments) throws IOException {
        String name = arguments.text("PORT");
        Optional<String> file = settings.file(name);
        if (file.isPresent()) {
            throw new CommandException("port " + name + " is configured in " + file.get() + "; remove that file");
        }
        boolean stored = settings.remove(name);
        boolean open = ports.close(name);
        if (!stored && !open) {
            throw Near.none(
                    "port", name, ports.ports().stream().map(VhostPort::name).toList());
        }
        return null;
    }
}
