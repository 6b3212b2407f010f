package launcher.console;

import org.apache.felix.gogo.jline.Procedural;
import org.apache.felix.service.command.annotations.GogoCommand;
import org.osgi.service.component.annotations.Component;

/** The shell's control flow; made when the first of it is called. */
@Component(service = Procedures.class)
@GogoCommand(
        scope = "gogo",
        function = {"each", "if", "not", "throw", "try", "until", "while", "break", "continue"})
public final class Procedures extends Procedural {}
