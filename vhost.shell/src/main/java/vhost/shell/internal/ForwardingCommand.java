package vhost.shell.internal;

import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import vhost.shell.internal.Usage.Arguments;
import vhost.switching.Forwarding;
import vhost.switching.PortStatistics;

@Component(
        service = ForwardingCommand.class,
        immediate = true,
        property = {"osgi.command.scope=vhost", "osgi.command.function=forwarding"})
@Command.Says(
        usage = "forwarding",
        description = "the mode, and what became of each port's packets; received is what the guest sent")
public final class ForwardingCommand extends Command {
    private final Forwarding forwarding;

    @Activate
    public ForwardingCommand(
            @Reference(name = "forwarding", policyOption = ReferencePolicyOption.GREEDY) Forwarding forwarding) {
        this.forwarding = forwarding;
    }

    @Override
    Object execute(Arguments arguments) {
        Table table = new Table(
                "no ports; add one with port-add",
                "PORT",
                "RECEIVED",
                "BYTES",
                "SENT",
                "BYTES",
                "FLOODED",
                "FILTERED",
                "MALFORMED",
                "NOT RUNNING",
                "STALLED",
                "NO BUFFERS",
                "BY QUEUES");
        for (PortStatistics port : forwarding.statistics()) {
            table.row(
                    port.port(),
                    port.receivedPackets(),
                    port.receivedBytes(),
                    port.sentPackets(),
                    port.sentBytes(),
                    port.flooded(),
                    port.filtered(),
                    port.malformed(),
                    port.droppedNotRunning(),
                    port.droppedStalled(),
                    port.droppedNoBuffers(),
                    port.droppedByQueues());
        }
        return table.foot("mode " + forwarding.mode().configName());
    }
}
