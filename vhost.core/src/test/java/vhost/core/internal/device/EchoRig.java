package vhost.core.internal.device;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import vhost.core.internal.testing.FakeEngine;
import vhost.core.internal.testing.Layout;

/** A worker, the ports that it serves with an echo, and the engines; all of it ends with the test. */
final class EchoRig implements BeforeEachCallback, AfterEachCallback {
    /** Descriptors of each ring. */
    static final int SIZE = 16;

    private final EngineRegistry engines;
    private final List<TestPort> ports = new ArrayList<>();
    private Worker worker;
    private Echo echo;

    EchoRig() {
        this(new EngineRegistry());
    }

    EchoRig(final EngineRegistry engines) {
        this.engines = engines;
    }

    @Override
    public void beforeEach(final ExtensionContext test) throws Exception {
        worker = Worker.start(0, -1, 50_000);
    }

    @Override
    public void afterEach(final ExtensionContext test) {
        close(ports.toArray(TestPort[]::new));
        worker.close();
        engines.close();
    }

    Worker worker() {
        return worker;
    }

    /** A port without a front-end. */
    TestPort port(final String name, final Layout layout) throws Exception {
        final TestPort port = new TestPort(name, layout, SIZE, List.of(worker), engines);
        ports.add(port);
        return port;
    }

    /** The port {@code p} with an echo and a front-end. */
    TestPort echoing(final Layout layout) throws Exception {
        final TestPort port = port("p", layout);
        echo(port);
        port.connect();
        return port;
    }

    void echo(final TestPort... some) {
        echo = new Echo(worker, List.of(some).stream().map(port -> port.device).toList());
        worker.attach(echo);
    }

    void stopEcho() {
        if (echo != null) {
            worker.detach(echo);
            echo = null;
        }
    }

    /** Ends the echo, and these ports. */
    void close(final TestPort... some) {
        stopEcho();
        for (final TestPort port : some) {
            port.close();
            ports.remove(port);
        }
    }

    void offer(final FakeEngine engine, final String name) {
        engines.offered(engine, name, "fake", "software", -1, "test.bundle");
    }
}
