package vhost.shell.internal;

import java.io.IOException;
import java.nio.file.Path;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import vhost.core.api.PortSpec;
import vhost.core.api.VhostException;
import vhost.core.api.VhostPorts;
import vhost.shell.internal.Usage.Arguments;

@Component(
        service = PortAddCommand.class,
        immediate = true,
        property = {"osgi.command.scope=vhost", "osgi.command.function=port-add"})
@Command.Says(
        usage = "port-add NAME SOCKET [--client] [--queues N] [--mtu N]",
        description = "open a port, now and at each start")
public final class PortAddCommand extends Command {
    private final VhostPorts ports;
    private final PortSettings settings;

    @Activate
    public PortAddCommand(
            @Reference(name = "ports", policyOption = ReferencePolicyOption.GREEDY) VhostPorts ports,
            @Reference(name = "configurations", policyOption = ReferencePolicyOption.GREEDY) ConfigurationAdmin admin) {
        this.ports = ports;
        this.settings = new PortSettings(admin);
    }

    @Override
    Object execute(Arguments arguments) throws IOException, VhostException {
        PortSpec spec = new PortSpec(
                arguments.text("NAME"),
                Path.of(arguments.text("SOCKET")),
                arguments.has("--client"),
                arguments.number("--queues", 8),
                arguments.number("--mtu", 0));
        // First the port, so that what cannot be opened is never stored.
        ports.open(spec);
        settings.store(spec);
        return null;
    }
}
