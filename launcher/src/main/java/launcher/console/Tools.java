package launcher.console;

import org.apache.felix.gogo.jline.Posix;
import org.apache.felix.service.command.CommandProcessor;
import org.apache.felix.service.command.annotations.GogoCommand;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferencePolicyOption;

/** The small tools for pipes and files; made when the first of them is called. */
@Component(service = Tools.class)
@GogoCommand(
        scope = "gogo",
        function = {
            "cat", "echo", "grep", "sort", "sleep", "cd", "pwd", "ls", "less", "watch", "head", "tail", "clear", "wc",
            "date"
        })
public final class Tools extends Posix {
    @Activate
    public Tools(
            @Reference(name = "processor", policyOption = ReferencePolicyOption.GREEDY) CommandProcessor processor) {
        super(processor);
    }
}
