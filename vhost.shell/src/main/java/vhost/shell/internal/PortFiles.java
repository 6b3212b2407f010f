package vhost.shell.internal;

import java.io.IOException;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.service.cm.Configuration;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.service.cm.ConfigurationEvent;
import org.osgi.service.cm.ConfigurationListener;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says where a file is meant as a port and is none: FileInstall takes {@code PID-NAME.cfg} for an instance of a factory, and
 * {@code PID~NAME.cfg} for a configuration that nobody asks for.
 */
@Component(immediate = true)
public final class PortFiles implements ConfigurationListener {
    private static final Logger LOG = LoggerFactory.getLogger(PortFiles.class);
    private static final String MISTAKEN = PortSettings.FACTORY + "~";

    private final ConfigurationAdmin admin;

    @Activate
    public PortFiles(
            @Reference(name = "configurations", policyOption = ReferencePolicyOption.GREEDY) ConfigurationAdmin admin)
            throws IOException {
        this.admin = admin;
        look(MISTAKEN + "*");
    }

    @Override
    public void configurationEvent(ConfigurationEvent event) {
        String pid = event.getPid();
        if (event.getType() == ConfigurationEvent.CM_UPDATED
                && event.getFactoryPid() == null
                && pid.startsWith(MISTAKEN)) {
            try {
                look(pid);
            } catch (IOException e) {
                LOG.warn("configuration {} makes no port", pid, e);
            }
        }
    }

    private void look(String pid) throws IOException {
        try {
            Configuration[] found = admin.listConfigurations("(&(service.pid=" + pid + ")(!(service.factoryPid=*)))");
            for (Configuration configuration : found == null ? new Configuration[0] : found) {
                Object file = configuration.getProperties().get(PortSettings.FILE);
                String name = configuration.getPid().substring(MISTAKEN.length());
                LOG.warn(
                        "{} makes no port: name the file {}-{}.cfg",
                        file == null ? configuration.getPid() : file,
                        PortSettings.FACTORY,
                        name);
            }
        } catch (InvalidSyntaxException e) {
            LOG.warn("configuration {} makes no port: name it {}-NAME", pid, PortSettings.FACTORY);
        }
    }
}
