package launcher.console;

import org.apache.felix.service.command.CommandSession;
import org.osgi.service.component.annotations.Component;

/** The way out of a shell. */
@Component(
        service = ExitCommand.class,
        property = {
            "osgi.command.scope=vhost",
            "osgi.command.function=exit",
            "vhost.command.usage=exit",
            "vhost.command.description=leave the shell; that of './vhost run' takes the platform with it"
        })
public final class ExitCommand {
    public void exit(CommandSession session) {
        if (session.get(ShellSession.EXIT) instanceof Runnable exit) {
            exit.run();
        }
    }
}
