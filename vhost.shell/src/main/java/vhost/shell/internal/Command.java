package vhost.shell.internal;

import java.util.Collection;
import java.util.List;
import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Function;
import org.osgi.service.component.annotations.ComponentPropertyType;

/**
 * A command: checks its arguments by its usage line, and returns what is to be printed. Its component is immediate: a delayed
 * one would be made and dropped each time that Gogo calls it.
 */
abstract class Command implements Function {
    /** Service property: the usage line. */
    static final String USAGE = "vhost.command.usage";

    /** Service property: what it does, in half a line. */
    static final String DESCRIPTION = "vhost.command.description";

    private final Usage usage;

    Command() {
        usage = Usage.of(getClass().getAnnotation(Says.class).usage());
    }

    @Override
    public final Object execute(CommandSession session, List<Object> arguments) throws Exception {
        return execute(usage.parse(arguments.stream().map(Command::word).toList()));
    }

    private static String word(Object argument) {
        if (argument instanceof Collection) {
            throw new CommandException("a star outside of quotes stands for files; put it into quotes, such as '*'");
        }
        return String.valueOf(argument);
    }

    /** Returns a {@link Table}, a text, or null where there is nothing to say. */
    abstract Object execute(Usage.Arguments arguments) throws Exception;

    /** The Gogo function's name, and what {@link #USAGE} and {@link #DESCRIPTION} say. */
    @ComponentPropertyType
    @java.lang.annotation.Retention(java.lang.annotation.RetentionPolicy.RUNTIME)
    @interface Says {
        String PREFIX_ = "vhost.command.";

        String usage();

        String description();
    }
}
