package launcher.console;

import org.apache.felix.gogo.jline.Builtin;
import org.apache.felix.service.command.annotations.GogoCommand;
import org.osgi.service.component.annotations.Component;

/** The shell's own functions; made when the first of them is called. */
@Component(service = Builtins.class)
@GogoCommand(
        scope = "gogo",
        function = {
            "format",
            "getopt",
            "new",
            "set",
            "tac",
            "type",
            "jobs",
            "fg",
            "bg",
            "keymap",
            "setopt",
            "unsetopt",
            "complete",
            "history",
            "widget",
            "__files",
            "__directories",
            "__usage_completion"
        })
public final class Builtins extends Builtin {}
