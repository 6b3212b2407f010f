package vhost.core.internal.platform;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import linux.Linux;
import linux.LinuxException;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import vhost.core.api.VhostWorker;
import vhost.core.api.VhostWorkers;
import vhost.core.internal.device.Worker;

/** The workers that the configuration asks for; another configuration makes new ones, and the ports with them. */
@Component(
        service = {VhostWorkers.class, WorkerPool.class},
        configurationPid = "vhost.workers")
@Designate(ocd = WorkerPool.Config.class)
public final class WorkerPool implements VhostWorkers {
    /** {@code vhost.workers}. */
    @ObjectClassDefinition(name = "vhost workers")
    public @interface Config {
        @AttributeDefinition(description = "threads that poll queues; at least as many as cpus are named")
        int count() default 1;

        @AttributeDefinition(description = "processors to bind them to, in order, such as 0,2; empty binds none")
        String cpus() default "";

        @AttributeDefinition(description = "microseconds without a packet after which a worker sleeps")
        long idle_micros() default 200;
    }

    private static final Logger LOG = LoggerFactory.getLogger(WorkerPool.class);
    private static final int MAX_WORKERS = 64;

    private final List<Worker> workers = new ArrayList<>();

    @Activate
    public WorkerPool(final Config config) throws LinuxException {
        final List<Integer> cpus = cpus(config.cpus());
        final int count = Math.max(config.count(), cpus.size());
        if (count < 1 || count > MAX_WORKERS) {
            throw new IllegalArgumentException("vhost.workers: count " + config.count() + "; use 1 to " + MAX_WORKERS);
        }
        keepFree(cpus);
        boolean started = false;
        try {
            for (int i = 0; i < count; i++) {
                workers.add(Worker.start(i, i < cpus.size() ? cpus.get(i) : -1, 1000 * config.idle_micros()));
            }
            started = true;
        } finally {
            if (!started) {
                close();
            }
        }
    }

    /** Whatever else this process does, it does not hold up a worker that has a processor of its own. */
    private static void keepFree(final List<Integer> cpus) {
        try {
            Linux.keepThreadsOff(cpus);
        } catch (IOException e) {
            LOG.warn("workers share their processors with the platform's other threads: {}", e.getMessage());
        }
    }

    private static List<Integer> cpus(final String text) {
        final List<Integer> cpus = new ArrayList<>();
        for (final String part : text.split(",")) {
            if (part.isBlank()) {
                continue;
            }
            try {
                cpus.add(Integer.parseInt(part.strip()));
            } catch (NumberFormatException e) {
                throw new IllegalArgumentException(
                        "vhost.workers: cpus '" + text + "': '" + part + "' is no processor number; write 0,2", e);
            }
        }
        return cpus;
    }

    @Deactivate
    public void close() {
        workers.forEach(Worker::close);
        workers.clear();
    }

    /** For this bundle. */
    List<Worker> internal() {
        return workers;
    }

    @Override
    public List<VhostWorker> workers() {
        return List.copyOf(workers);
    }
}
