package vhost.shell.internal;

import java.util.Map;
import java.util.TreeMap;
import org.osgi.framework.BundleContext;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceReference;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import vhost.shell.internal.Usage.Arguments;

@Component(
        service = HelpCommand.class,
        immediate = true,
        property = {"osgi.command.scope=vhost", "osgi.command.function=help"})
@Command.Says(usage = "help [COMMAND]", description = "this list, or how to use one command")
public final class HelpCommand extends Command {
    private final BundleContext context;

    @Activate
    public HelpCommand(BundleContext context) {
        this.context = context;
    }

    @Override
    Object execute(Arguments arguments) throws InvalidSyntaxException {
        Map<String, String> commands = commands(context);
        String wanted = arguments.text("COMMAND");
        if (wanted == null) {
            Table table = new Table("no commands", "USAGE", "WHAT IT DOES");
            commands.forEach(table::row);
            return table.foot("The shell's own commands: gogo:help, and gogo:help NAME");
        }
        for (Map.Entry<String, String> command : commands.entrySet()) {
            if (name(command.getKey()).equals(wanted)) {
                return command.getKey() + "\n" + command.getValue();
            }
        }
        throw Near.none(
                "command",
                wanted,
                commands.keySet().stream().map(HelpCommand::name).toList());
    }

    /** Usage lines of all commands that have one, by name, each with what it does. */
    static Map<String, String> commands(BundleContext context) throws InvalidSyntaxException {
        Map<String, String> commands = new TreeMap<>();
        ServiceReference<?>[] references =
                context.getAllServiceReferences(null, "(&(osgi.command.function=*)(" + USAGE + "=*))");
        if (references != null) {
            for (ServiceReference<?> reference : references) {
                commands.put(
                        String.valueOf(reference.getProperty(USAGE)),
                        String.valueOf(reference.getProperty(DESCRIPTION)));
            }
        }
        return commands;
    }

    static String name(String usage) {
        return usage.split(" ")[0];
    }
}
