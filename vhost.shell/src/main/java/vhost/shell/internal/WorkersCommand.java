package vhost.shell.internal;

import java.util.concurrent.atomic.AtomicInteger;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import vhost.core.api.VhostException;
import vhost.core.api.VhostWorker;
import vhost.core.api.VhostWorkers;
import vhost.shell.internal.Usage.Arguments;

@Component(
        service = WorkersCommand.class,
        immediate = true,
        property = {"osgi.command.scope=vhost", "osgi.command.function=workers"})
@Command.Says(usage = "workers", description = "the threads that own the virtqueues, and how busy they are")
public final class WorkersCommand extends Command {
    private static final long ANSWER_MILLIS = 1000;

    private final VhostWorkers workers;

    @Activate
    public WorkersCommand(
            @Reference(name = "workers", policyOption = ReferencePolicyOption.GREEDY) VhostWorkers workers) {
        this.workers = workers;
    }

    @Override
    Object execute(Arguments arguments) {
        Table table = new Table("no workers", "WORKER", "CPU", "BUSY TURNS", "IDLE TURNS", "SLEEPS", "PACKETS IN USE");
        for (VhostWorker worker : workers.workers()) {
            VhostWorker.WorkerCounters counters = worker.counters();
            table.row(
                    worker.index(),
                    worker.cpu() < 0 ? "-" : worker.cpu(),
                    counters.busyTurns(),
                    counters.idleTurns(),
                    counters.sleeps(),
                    packetsInUse(worker));
        }
        return table;
    }

    /** The pool is its owner's, who alone knows; a dash where the owner does not answer. */
    private static Object packetsInUse(VhostWorker worker) {
        AtomicInteger packets = new AtomicInteger();
        try {
            worker.execute(() -> packets.set(worker.pool().inUse()), ANSWER_MILLIS);
            return packets.get();
        } catch (VhostException e) {
            return "-";
        }
    }
}
