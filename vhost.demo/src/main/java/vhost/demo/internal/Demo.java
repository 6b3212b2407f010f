package vhost.demo.internal;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import vhost.core.api.PortSpec;
import vhost.core.api.VhostEngines;
import vhost.core.api.VhostException;
import vhost.core.api.VhostPort;
import vhost.core.api.VhostPorts;
import vhost.core.api.VhostQueue;
import vhost.frontend.FrontendConfig;
import vhost.frontend.TxLayout;
import vhost.frontend.VhostFrontend;

/**
 * The demo: two ports on real sockets, a front-end with a split ring and one with a packed ring in shared memory, the switch
 * between them. With each size all queues go through the engines of {@code dma.cpu} and the models of DSA and CBDMA under
 * traffic; then the bundle of the former is stopped and started again.
 */
@Component(service = Callable.class, property = "vhost.main=demo")
public final class Demo implements Callable<Integer> {
    private static final int[] SIZES = {64, 256, 1024, 1518, 4096, 9000};
    private static final int RING = 256;
    private static final int BUFFER_BYTES = 2048;
    private static final long SETTLE_MILLIS = 2000;
    private static final String CPU_BUNDLE = "dma.cpu";
    private static final String MODEL_BUNDLE = "dma.model";
    private static final byte[] MAC_A = {0x52, 0x54, 0, 0, 0, 0x0a};
    private static final byte[] MAC_B = {0x52, 0x54, 0, 0, 0, 0x0b};

    private final BundleContext context;
    private final VhostPorts ports;
    private final VhostEngines engines;
    private final PrintStream out = System.out;
    private final Progress progress = new Progress(out);

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
        final List<VhostQueue> queues =
                List.of(portA.receiveq(0), portA.transmitq(0), portB.receiveq(0), portB.transmitq(0));
        final boolean withModels = bundle(MODEL_BUNDLE).isPresent();
        introduce(socketA, socketB, withModels);
        try (VhostFrontend a = VhostFrontend.connect(config(socketA).build());
                VhostFrontend b = VhostFrontend.connect(
                        config(socketB).packed(true).indirectTx(true).build());
                Stream ab = new Stream(a.queuePair(0), b.queuePair(0), MAC_A, MAC_B, RING);
                Stream ba = new Stream(b.queuePair(0), a.queuePair(0), MAC_B, MAC_A, RING)) {
            final Contenders contenders = Contenders.await(
                    engines, withModels ? EnumSet.allOf(EngineKind.class) : EnumSet.of(EngineKind.CPU));
            return traffic(contenders, List.of(ab, ba), queues);
        } finally {
            ports.close("demo-a");
            ports.close("demo-b");
        }
    }

    private void introduce(final Path socketA, final Path socketB, final boolean withModels) {
        out.println("Two vhost-user ports, a front-end on each, and the switch between them:");
        out.println("  demo-a  split ring, chained receive buffers merged   " + socketA);
        out.println("  demo-b  packed ring, indirect descriptors            " + socketB);
        out.println(
                "Every packet is numbered and checksummed. Under traffic, all queues go from engine to engine (copies"
                        + " of " + EngineChanges.THRESHOLD + " bytes and");
        out.println("more are the engine's), and the bundle of the processor's engines (" + CPU_BUNDLE
                + ") is stopped and started.");
        if (withModels) {
            out.println(
                    "The DSA and CBDMA models are software that behaves like those devices; the drivers on them are the"
                            + " real ones.");
            out.println("They run on the same processors as all else: no figure here says anything about hardware.");
        } else {
            out.println("There is no bundle " + MODEL_BUNDLE + ": it goes without the models of DSA and CBDMA.");
        }
        out.println();
    }

    private Optional<Bundle> bundle(final String name) {
        return Arrays.stream(context.getBundles())
                .filter(each -> name.equals(each.getSymbolicName()))
                .findFirst();
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

    private int traffic(final Contenders contenders, final List<Stream> streams, final List<VhostQueue> queues)
            throws VhostException {
        final Bundle cpu = bundle(CPU_BUNDLE)
                .orElseThrow(() -> new IllegalStateException("bundle " + CPU_BUNDLE + " is not installed"));
        final List<String> names = queues.stream().map(VhostQueue::name).toList();
        EngineChanges.takeAll(engines);
        final EngineAccounts accounts = new EngineAccounts(engines);
        final SizeReport sizes = new SizeReport();
        for (int i = 0; i < SIZES.length; i++) {
            final Totals before = Totals.of(streams, queues);
            final long start = System.nanoTime();
            cross(i, streams, new EngineChanges(engines, cpu, contenders, names, i));
            final double seconds = (System.nanoTime() - start) / 1e9;
            settle(streams);
            accounts.collect();
            sizes.add(SIZES[i], seconds, Totals.of(streams, queues).since(before));
        }
        progress.end();
        return report(sizes, new EngineReport(contenders, accounts, names), contenders);
    }

    /** Traffic of one size both ways, while the engines change. */
    private void cross(final int index, final List<Stream> streams, final EngineChanges changes) throws VhostException {
        final int size = SIZES[index];
        long turns = 0;
        while ((turns++ & 0xFF) != 0 || changes.proceed()) {
            for (final Stream stream : streams) {
                stream.receive();
                stream.send(size, BUFFER_BYTES);
            }
            if ((turns & 0xFF) == 0) {
                progress.show((index + changes.done()) / SIZES.length, size + " B, " + changes.now());
            }
        }
        changes.end();
    }

    private static void settle(final List<Stream> streams) {
        final long deadline = System.nanoTime() + SETTLE_MILLIS * 1_000_000;
        while (streams.stream().anyMatch(stream -> stream.underWay() > 0) && System.nanoTime() < deadline) {
            streams.forEach(Stream::receive);
        }
        streams.forEach(Stream::settle);
    }

    private int report(final SizeReport sizes, final EngineReport used, final Contenders contenders) {
        sizes.print(out);
        out.println();
        used.print(out);
        out.println();
        final List<String> complaints = new ArrayList<>(sizes.complaints());
        complaints.addAll(used.complaints());
        if (!complaints.isEmpty()) {
            out.println("demo: FAILED: " + String.join("; ", complaints));
            return 1;
        }
        out.println("demo: ok: " + sizes.packets() + " packets crossed, engines changed " + engines.swapCount()
                + " times; none was lost, reordered or damaged;");
        out.println("every queue was served by: "
                + contenders.kinds().stream().map(EngineKind::toString).collect(Collectors.joining(", ")));
        return 0;
    }
}
