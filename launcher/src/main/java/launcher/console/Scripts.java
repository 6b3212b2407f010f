package launcher.console;

import org.apache.felix.gogo.jline.Shell;
import org.apache.felix.service.command.CommandProcessor;
import org.apache.felix.service.command.annotations.GogoCommand;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferencePolicyOption;

/** Help, and scripts; made when the first of them is called. */
@Component(service = Scripts.class)
@GogoCommand(
        scope = "gogo",
        function = {"help", "source"})
public final class Scripts extends Shell {
    @Activate
    public Scripts(
            BundleContext context,
            @Reference(name = "processor", policyOption = ReferencePolicyOption.GREEDY) CommandProcessor processor) {
        super(new ShellSession.Properties(context), processor);
    }
}
