package launcher.console;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import launcher.Failures;
import launcher.control.Frames;
import org.apache.felix.service.command.CommandProcessor;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The control socket. Who can open it may do all that the platform's user may, so it is in a folder that only that user
 * can enter, and has mode 0600.
 */
@Component(service = {})
public final class ControlServer {
    private static final Logger LOG = LoggerFactory.getLogger(ControlServer.class);

    private final CommandProcessor processor;
    private final BundleContext context;
    private final Path socket;
    private final ServerSocketChannel server;
    private final Set<Frames> connections = ConcurrentHashMap.newKeySet();

    @Activate
    public ControlServer(
            BundleContext context,
            @Reference(name = "processor", policyOption = ReferencePolicyOption.GREEDY) CommandProcessor processor)
            throws IOException {
        this.context = context;
        this.processor = processor;
        this.socket = Path.of(context.getProperty("vhost.runtime.folder"), "control");
        // It has its name only when it listens and only its owner can open it: who sees it can connect.
        Path nameless = socket.resolveSibling("control.new");
        Files.deleteIfExists(nameless);
        this.server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(nameless));
        Files.setPosixFilePermissions(nameless, PosixFilePermissions.fromString("rw-------"));
        Files.move(nameless, socket, StandardCopyOption.ATOMIC_MOVE);
        thread(this::accept, "control");
    }

    @Deactivate
    void close() throws IOException {
        server.close();
        Files.deleteIfExists(socket);
        for (Frames connection : connections) {
            connection.close();
        }
    }

    private void accept() {
        try {
            while (true) {
                SocketChannel channel = server.accept();
                Frames frames = new Frames(channel);
                connections.add(frames);
                thread(() -> serve(frames), "control client");
            }
        } catch (ClosedChannelException e) {
            LOG.debug("the control socket closed");
        } catch (IOException e) {
            LOG.error("the control socket takes no more clients: {}", e.getMessage());
        }
    }

    private void serve(Frames frames) {
        try (frames) {
            Frames.Frame first = frames.read();
            if (first == null) {
                return;
            }
            switch (first.type()) {
                case Frames.EXEC -> new RemoteCommands(frames).run(processor, first.text());
                case Frames.SHELL -> new RemoteSession(frames, first.text()).run(processor, context);
                default -> throw new IOException("a frame of type '" + first.type() + "' to begin with");
            }
        } catch (ClosedChannelException e) {
            LOG.debug("a client left");
        } catch (IOException e) {
            LOG.debug("a client left: {}", e.getMessage());
        } catch (RuntimeException e) {
            LOG.error("a client's session ended: {}", Failures.reason(e), e);
        } finally {
            connections.remove(frames);
        }
    }

    private static void thread(Runnable work, String name) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.start();
    }
}
