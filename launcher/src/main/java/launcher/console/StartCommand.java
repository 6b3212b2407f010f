package launcher.console;

import org.apache.felix.service.command.Parameter;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleException;
import org.osgi.service.component.annotations.Component;

/** Starts bundles as {@code stop} stops them; {@code felix:start} takes a symbolic name for an address to load from. */
@Component(
        service = StartCommand.class,
        property = {
            "osgi.command.scope=vhost",
            "osgi.command.function=start",
            "vhost.command.usage=start BUNDLE",
            "vhost.command.description=start a bundle, by its id or name; likewise stop, update, uninstall; lb lists"
                    + " all"
        })
public final class StartCommand {
    public void start(
            @Parameter(
                            names = {"-t", "--transient"},
                            presentValue = "true",
                            absentValue = "false")
                    boolean passing,
            @Parameter(
                            names = {"-p", "--policy"},
                            presentValue = "true",
                            absentValue = "false")
                    boolean policy,
            Bundle... bundles)
            throws BundleException {
        int options = (passing ? Bundle.START_TRANSIENT : 0) | (policy ? Bundle.START_ACTIVATION_POLICY : 0);
        for (Bundle bundle : bundles) {
            bundle.start(options);
        }
    }
}
