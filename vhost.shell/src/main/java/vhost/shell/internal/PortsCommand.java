package vhost.shell.internal;

import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import vhost.core.api.PortSpec;
import vhost.core.api.VhostPort;
import vhost.core.api.VhostPorts;
import vhost.shell.internal.Usage.Arguments;

@Component(
        service = PortsCommand.class,
        immediate = true,
        property = {"osgi.command.scope=vhost", "osgi.command.function=ports"})
@Command.Says(usage = "ports", description = "the ports, and what became of them")
public final class PortsCommand extends Command {
    private final VhostPorts ports;

    @Activate
    public PortsCommand(@Reference(name = "ports", policyOption = ReferencePolicyOption.GREEDY) VhostPorts ports) {
        this.ports = ports;
    }

    @Override
    Object execute(Arguments arguments) {
        Table table = new Table(
                "no ports; add one with port-add",
                "PORT",
                "STATE",
                "SOCKET",
                "ROLE",
                "PAIRS",
                "MTU",
                "FEATURES",
                "CONNECTIONS",
                "LAST EVENT");
        for (VhostPort port : ports.ports()) {
            PortSpec spec = port.spec();
            table.row(
                    port.name(),
                    port.state().name().toLowerCase(),
                    spec.socket(),
                    spec.client() ? "client" : "server",
                    spec.queuePairs(),
                    port.mtu() == 0 ? "-" : port.mtu(),
                    port.features() == 0 ? "-" : "0x" + Long.toHexString(port.features()),
                    port.connections(),
                    port.lastEvent());
        }
        return table;
    }
}
