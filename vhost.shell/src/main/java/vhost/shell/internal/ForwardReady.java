package vhost.shell.internal;

import java.io.IOException;
import java.util.concurrent.Callable;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import vhost.core.api.PortSpec;
import vhost.core.api.VhostException;
import vhost.core.api.VhostPorts;

/** Tells {@code ./vhost forward} that all configured ports are open, or why one is not. */
@Component(property = "vhost.main=forward")
public final class ForwardReady implements Callable<Integer> {
    private final VhostPorts ports;
    private final PortSettings settings;

    @Activate
    public ForwardReady(
            @Reference(name = "ports", policyOption = ReferencePolicyOption.GREEDY) VhostPorts ports,
            @Reference(name = "configurations", policyOption = ReferencePolicyOption.GREEDY) ConfigurationAdmin admin) {
        this.ports = ports;
        this.settings = new PortSettings(admin);
    }

    @Override
    public Integer call() throws IOException, VhostException {
        for (PortSpec spec : settings.all()) {
            // The same port where it is open already.
            ports.open(spec);
        }
        return 0;
    }
}
