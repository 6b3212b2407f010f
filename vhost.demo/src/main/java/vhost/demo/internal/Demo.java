package vhost.demo.internal;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import vhost.core.api.PortSpec;
import vhost.core.api.QueueCounters;
import vhost.core.api.VhostEngines;
import vhost.core.api.VhostException;
import vhost.core.api.VhostPort;
import vhost.core.api.VhostPorts;
import vhost.frontend.FrontendConfig;
import vhost.frontend.TxLayout;
import vhost.frontend.VhostFrontend;

/**
 * The demo: two ports on real sockets, a front-end with a split ring and one with a packed ring in shared memory, the switch
 * between them. With each size all queues go through every engine of {@code dma.cpu} under traffic, then its bundle is stopped
 * and started again.
 */
@Component(service = Callable.class, property = "vhost.main=demo")
public final class Demo implements Callable<Integer> {
    private static final int[] SIZES = {64, 256, 1024, 1518, 4096, 9000};
    private static final int RING = 256;
    private static final int BUFFER_BYTES = 2048;
    private static final long PHASE_MILLIS = 2400;
    private static final long SETTLE_MILLIS = 2000;
    private static final String ENGINE_BUNDLE = "dma.cpu";
    private static final String QUEUES = "demo-*";
    private static final int THRESHOLD = 512;
    private static final byte[] MAC_A = {0x52, 0x54, 0, 0, 0, 0x0a};
    private static final byte[] MAC_B = {0x52, 0x54, 0, 0, 0, 0x0b};

    private final BundleContext context;
    private final VhostPorts ports;
    private final VhostEngines engines;
    private final PrintStream out = System.out;
    private final Progress progress = new Progress(out);

    /** One size's outcome. */
    private record Row(
            int size,
            double seconds,
            long packets,
            long bytes,
            long engineCopies,
            long coreCopies,
            long lost,
            long reordered,
            long damaged) {}

    @Activate
    public Demo(
            final BundleContext context,
            @Reference(name = "ports") final VhostPorts ports,
            @Reference(name = "engines") final VhostEngines engines) {
        this.context = context;
        this.ports = ports;
        this.engines = engines;
    }

    @Override
    public Integer call() throws Exception {
        final Path directory = Files.createTempDirectory("vhost-demo");
        try {
            return run(directory);
        } finally {
            try (var files = Files.walk(directory)) {
                for (final Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.deleteIfExists(file);
                }
            }
        }
    }

    private int run(final Path directory) throws IOException, VhostException {
        final Path socketA = directory.resolve("a.sock");
        final Path socketB = directory.resolve("b.sock");
        final VhostPort portA = ports.open(new PortSpec("demo-a", socketA, false, 1, 0));
        final VhostPort portB = ports.open(new PortSpec("demo-b", socketB, false, 1, 0));
        out.println("Two vhost-user ports, a front-end on each, and the switch between them:");
        out.println("  demo-a  split ring, chained receive buffers merged   " + socketA);
        out.println("  demo-b  packed ring, indirect descriptors            " + socketB);
        out.println(
                "Every packet is numbered and checksummed. Under traffic, all queues go from engine to engine (copies"
                        + " of "
                        + THRESHOLD + " bytes and");
        out.println("more are the engine's), and the bundle of the engines (" + ENGINE_BUNDLE
                + ") is stopped and started.");
        out.println();
        try (VhostFrontend a = VhostFrontend.connect(config(socketA).build());
                VhostFrontend b = VhostFrontend.connect(
                        config(socketB).packed(true).indirectTx(true).build());
                Stream ab = new Stream(a.queuePair(0), b.queuePair(0), MAC_A, MAC_B, RING);
                Stream ba = new Stream(b.queuePair(0), a.queuePair(0), MAC_B, MAC_A, RING)) {
            final List<Row> rows = new ArrayList<>();
            for (int i = 0; i < SIZES.length; i++) {
                rows.add(phase(i, List.of(ab, ba), List.of(portA, portB)));
            }
            progress.end();
            return report(rows);
        } finally {
            ports.close("demo-a");
            ports.close("demo-b");
        }
    }

    private static FrontendConfig.Builder config(final Path socket) {
        return FrontendConfig.builder(socket)
                .ringSize(RING)
                .mergeable(true)
                .eventIdx(true)
                .rxBufferBytes(BUFFER_BYTES)
                .txPacketBytes(9216)
                .txLayout(TxLayout.pieces(4096));
    }

    /** Traffic of one size both ways, while the engines change. */
    private Row phase(final int index, final List<Stream> streams, final List<VhostPort> both) {
        final int size = SIZES[index];
        final Totals before = Totals.of(streams, both);
        final long start = System.nanoTime();
        final EngineChanges changes = new EngineChanges();
        double done = 0;
        long turns = 0;
        while (done < 1) {
            for (final Stream stream : streams) {
                stream.receive();
                stream.send(size, BUFFER_BYTES);
            }
            if ((++turns & 0xFF) == 0) {
                done = (System.nanoTime() - start) / 1e6 / PHASE_MILLIS;
                changes.follow(done);
                progress.show((index + Math.min(1, done)) / SIZES.length, size + " B, " + changes.now());
            }
        }
        changes.join();
        final double seconds = (System.nanoTime() - start) / 1e9;
        settle(streams);
        final Totals now = Totals.of(streams, both);
        return new Row(
                size,
                seconds,
                now.packets - before.packets,
                now.bytes - before.bytes,
                now.engineCopies - before.engineCopies,
                now.coreCopies - before.coreCopies,
                now.lost - before.lost,
                now.reordered - before.reordered,
                now.damaged - before.damaged);
    }

    private static void settle(final List<Stream> streams) {
        final long deadline = System.nanoTime() + SETTLE_MILLIS * 1_000_000;
        while (streams.stream().anyMatch(stream -> stream.underWay() > 0) && System.nanoTime() < deadline) {
            streams.forEach(Stream::receive);
        }
        streams.forEach(Stream::settle);
    }

    /** What happens to the engines while one size crosses. */
    private enum Change {
        INLINE("cpu-inline"),
        WORKER("cpu-worker"),
        STOPPED("engines' bundle stopped"),
        STARTED("cpu-worker"),
        LEARNING("cpu-worker, threshold learned");

        private final String text;

        Change(final String text) {
            this.text = text;
        }
    }

    /** Makes one change after the other, each on a thread of its own: the traffic goes on meanwhile. */
    private final class EngineChanges {
        private final Bundle bundle = Arrays.stream(context.getBundles())
                .filter(each -> ENGINE_BUNDLE.equals(each.getSymbolicName()))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("bundle " + ENGINE_BUNDLE + " is not installed"));
        private Change current;
        private Thread thread;
        private volatile Exception failure;

        void follow(final double done) {
            final Change wanted =
                    Change.values()[(int) Math.min(done * Change.values().length, Change.values().length - 1)];
            if (wanted != current) {
                join();
                current = wanted;
                thread = Thread.ofPlatform().name("vhost-demo-engines").start(() -> make(wanted));
            }
        }

        String now() {
            return current.text;
        }

        private void make(final Change change) {
            try {
                switch (change) {
                    case INLINE -> engines.assign(QUEUES, "cpu-inline", THRESHOLD);
                    case WORKER -> engines.assign(QUEUES, "cpu-worker", THRESHOLD);
                    case STOPPED -> bundle.stop(Bundle.STOP_TRANSIENT);
                    case STARTED -> bundle.start();
                    case LEARNING -> engines.threshold(QUEUES, VhostEngines.AUTO);
                }
            } catch (VhostException | BundleException e) {
                failure = e;
            }
        }

        void join() {
            if (thread == null) {
                return;
            }
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            if (failure != null) {
                throw new IllegalStateException("engines could not be changed: " + failure.getMessage(), failure);
            }
        }
    }

    /** Sums over both directions. */
    private record Totals(
            long packets, long bytes, long engineCopies, long coreCopies, long lost, long reordered, long damaged) {
        static Totals of(final List<Stream> streams, final List<VhostPort> ports) {
            long engine = 0;
            long core = 0;
            for (final VhostPort port : ports) {
                for (final QueueCounters counters :
                        List.of(port.receiveq(0).counters(), port.transmitq(0).counters())) {
                    engine += counters.engineCopies();
                    core += counters.coreCopies();
                }
            }
            return new Totals(
                    streams.stream().mapToLong(Stream::sent).sum(),
                    streams.stream().mapToLong(Stream::bytes).sum(),
                    engine,
                    core,
                    streams.stream().mapToLong(Stream::lost).sum(),
                    streams.stream().mapToLong(Stream::reordered).sum(),
                    streams.stream().mapToLong(Stream::damaged).sum());
        }
    }

    private int report(final List<Row> rows) {
        final String line = "%7s %12s %9s %9s %15s %15s %7s %10s %8s%n";
        out.printf(
                Locale.ROOT,
                line,
                "size",
                "packets",
                "Mpps",
                "Gbit/s",
                "engine copies",
                "core copies",
                "lost",
                "reordered",
                "damaged");
        boolean good = true;
        for (final Row row : rows) {
            out.printf(
                    Locale.ROOT,
                    line,
                    row.size + " B",
                    row.packets,
                    String.format(Locale.ROOT, "%.3f", row.packets / row.seconds / 1e6),
                    String.format(Locale.ROOT, "%.2f", row.bytes * 8 / row.seconds / 1e9),
                    row.engineCopies,
                    row.coreCopies,
                    row.lost,
                    row.reordered,
                    row.damaged);
            good &= row.packets > 0 && row.lost == 0 && row.reordered == 0 && row.damaged == 0;
        }
        final boolean used = rows.stream().anyMatch(row -> row.engineCopies > 0);
        out.println();
        if (!good) {
            out.println("demo: FAILED: packets were lost, reordered or damaged, or none crossed");
        } else if (!used) {
            out.println("demo: FAILED: the engine made no copy");
        } else {
            out.println("demo: ok: " + rows.stream().mapToLong(Row::packets).sum()
                    + " packets crossed, engines changed " + engines.swapCount()
                    + " times; none was lost, reordered or damaged");
        }
        return good && used ? 0 : 1;
    }
}
