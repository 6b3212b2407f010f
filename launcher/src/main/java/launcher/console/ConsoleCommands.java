package launcher.console;

import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Descriptor;
import org.apache.felix.service.command.annotations.GogoCommand;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/** The ways out. */
@Component(service = ConsoleCommands.class)
@GogoCommand(
        scope = "vhost",
        function = {"exit", "shutdown"})
public final class ConsoleCommands {
    private final BundleContext context;

    @Activate
    public ConsoleCommands(BundleContext context) {
        this.context = context;
    }

    @Descriptor("leave the shell; the one that './vhost run' opened takes the platform with it")
    public void exit(CommandSession session) {
        if (session.get(ShellSession.EXIT) instanceof Runnable exit) {
            exit.run();
        }
    }

    @Descriptor("stop the platform")
    public void shutdown() throws BundleException {
        context.getBundle(0).stop();
    }
}
