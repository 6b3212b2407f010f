package vhost.shell.internal;

import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import vhost.core.api.VhostWorker;
import vhost.core.api.VhostWorkers;
import vhost.shell.internal.Usage.Arguments;

@Component(
        service = WorkersCommand.class,
        property = {"osgi.command.scope=vhost", "osgi.command.function=workers"})
@Command.Says(usage = "workers", description = "the threads that own the virtqueues, and how busy they are")
public final class WorkersCommand extends Command {
    private final VhostWorkers workers;

    @Activate
    public WorkersCommand(
            @Reference(name = "workers", policyOption = ReferencePolicyOption.GREEDY) VhostWorkers workers) {
        this.workers = workers;
    }

    @Override
    Object execute(Arguments arguments) {
        Table table = new Table("no workers", "WORKER", "CPU", "BUSY TURNS", "IDLE TURNS", "SLEEPS");
        for (VhostWorker worker : workers.workers()) {
            VhostWorker.WorkerCounters counters = worker.counters();
            table.row(
                    worker.index(),
                    worker.cpu() < 0 ? "-" : worker.cpu(),
                    counters.busyTurns(),
                    counters.idleTurns(),
                    counters.sleeps());
        }
        return table;
    }
}
