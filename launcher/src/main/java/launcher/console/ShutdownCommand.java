package launcher.console;

import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/** The end of the platform. */
@Component(
        service = ShutdownCommand.class,
        property = {
            "osgi.command.scope=vhost",
            "osgi.command.function=shutdown",
            "vhost.command.usage=shutdown",
            "vhost.command.description=stop the platform"
        })
public final class ShutdownCommand {
    private final BundleContext context;

    @Activate
    public ShutdownCommand(BundleContext context) {
        this.context = context;
    }

    public void shutdown() throws BundleException {
        context.getBundle(0).stop();
    }
}
