package launcher.console;

import java.io.IOException;
import org.apache.felix.service.command.CommandProcessor;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The shell on the process's own terminal, where it has one to give; its end is the platform's end. */
@Component(service = {})
public final class Console {
    private static final Logger LOG = LoggerFactory.getLogger(Console.class);

    private final BundleContext context;
    private final CommandProcessor processor;
    private volatile boolean closed;
    private volatile Terminal terminal;

    @Activate
    public Console(
            BundleContext context,
            @Reference(name = "processor", policyOption = ReferencePolicyOption.GREEDY) CommandProcessor processor) {
        this.context = context;
        this.processor = processor;
        if (Boolean.parseBoolean(context.getProperty("vhost.console"))) {
            Thread thread = new Thread(this::run, "console");
            thread.setDaemon(true);
            thread.start();
        }
    }

    @Deactivate
    void close() throws IOException {
        closed = true;
        Terminal open = terminal;
        if (open != null) {
            open.close();
        }
    }

    private void run() {
        // JLine looks for its native access with the thread's loader.
        Thread.currentThread().setContextClassLoader(TerminalBuilder.class.getClassLoader());
        try (Terminal system = TerminalBuilder.builder()
                .name("vhost")
                .system(true)
                .nativeSignals(true)
                .signalHandler(Terminal.SignalHandler.SIG_IGN)
                .build()) {
            terminal = system;
            ShellSession.run(system, processor, context);
        } catch (IOException | RuntimeException e) {
            if (!closed) {
                LOG.error("no shell on this terminal: {}", e.getMessage(), e);
            }
        }
        stopPlatform();
    }

    private void stopPlatform() {
        if (closed) {
            return;
        }
        try {
            context.getBundle(0).stop();
        } catch (BundleException e) {
            LOG.error("cannot stop the platform: {}", e.getMessage());
        }
    }
}
