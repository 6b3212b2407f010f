package vhost.shell.internal;

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.felix.service.command.annotations.GogoCommand;
import org.osgi.framework.BundleContext;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import vhost.core.api.VhostEngines;
import vhost.core.api.VhostPort;
import vhost.core.api.VhostPorts;

/** What the shell's profile asks to complete words with. */
@Component(service = Completions.class)
@GogoCommand(
        scope = "vhost",
        function = {"__completions", "__ports", "__queues", "__engines", "__commands"})
public final class Completions {
    /** Names of arguments in usage lines, each with the function that lists what may stand there. */
    private static final Map<String, String> SOURCES = Map.of(
            "PORT",
            "__ports",
            "QUEUE",
            "__queues",
            "ENGINE",
            "__engines",
            "COMMAND",
            "__commands",
            "SOCKET",
            "__files");

    private final BundleContext context;
    private final VhostPorts ports;
    private final VhostEngines engines;

    @Activate
    public Completions(
            BundleContext context,
            @Reference(
                            name = "ports",
                            cardinality = ReferenceCardinality.OPTIONAL,
                            policyOption = ReferencePolicyOption.GREEDY)
                    VhostPorts ports,
            @Reference(
                            name = "engines",
                            cardinality = ReferenceCardinality.OPTIONAL,
                            policyOption = ReferencePolicyOption.GREEDY)
                    VhostEngines engines) {
        this.context = context;
        this.ports = ports;
        this.engines = engines;
    }

    public List<String> __ports() {
        return ports == null
                ? List.of()
                : ports.ports().stream().map(VhostPort::name).toList();
    }

    /** Without the port, as commands take them. */
    public List<String> __queues() {
        return ports == null
                ? List.of()
                : Queues.of(ports, null).stream()
                        .map(queue -> queue.name().substring(queue.name().lastIndexOf('/') + 1))
                        .distinct()
                        .toList();
    }

    public List<String> __engines() {
        return engines == null
                ? List.of()
                : Stream.concat(
                                engines.engines().stream().map(VhostEngines.EngineView::name),
                                Stream.of(VhostEngines.BUILTIN))
                        .toList();
    }

    public List<String> __commands() throws InvalidSyntaxException {
        return HelpCommand.commands(context).keySet().stream()
                .map(HelpCommand::name)
                .toList();
    }

    /** A script that teaches a session how to complete each command with a usage line. */
    public String __completions() throws InvalidSyntaxException {
        StringBuilder script = new StringBuilder();
        HelpCommand.commands(context).forEach((usage, description) -> script.append(complete(usage, description)));
        return script.toString();
    }

    static String complete(String text, String description) {
        Usage usage = Usage.of(text);
        String name = HelpCommand.name(text);
        // Commands of other bundles say their scope.
        String start = "complete -c " + (name.contains(":") ? name : "vhost:" + name);
        StringBuilder script = new StringBuilder(start + " -d '" + quoted(description) + "'\n");
        usage.options()
                .forEach((option, value) -> script.append(start)
                        .append(" -l ")
                        .append(option.substring(2))
                        .append('\n'));
        for (List<String> names : List.of(usage.required(), usage.optional())) {
            names.stream()
                    .filter(SOURCES::containsKey)
                    .forEach(argument -> script.append(start)
                            .append(" -a '")
                            .append(SOURCES.get(argument))
                            .append("'\n"));
        }
        return script.toString();
    }

    private static String quoted(String text) {
        return text.replace("'", "");
    }
}
