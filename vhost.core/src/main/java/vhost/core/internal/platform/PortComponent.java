package vhost.core.internal.platform;

import java.nio.file.Path;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import vhost.core.api.PortSpec;
import vhost.core.api.VhostException;
import vhost.core.api.VhostPorts;

/** A port for each configuration of the factory {@code vhost.port}, as long as that configuration is there. */
@Component(
        service = {},
        configurationPid = "vhost.port",
        configurationPolicy = ConfigurationPolicy.REQUIRE)
@Designate(ocd = PortComponent.Config.class, factory = true)
public final class PortComponent {
    /** {@code vhost.port}, for each port; as a file {@code vhost.port-NAME.cfg}. */
    @ObjectClassDefinition(name = "vhost port")
    public @interface Config {
        @AttributeDefinition(description = "unique name")
        String name();

        @AttributeDefinition(description = "path of the front-end's Unix socket")
        String socket();

        @AttributeDefinition(description = "connect to a front-end that listens, instead of listening")
        boolean client() default false;

        @AttributeDefinition(description = "most queue pairs, 1 to 128")
        int queue_pairs() default 8;

        @AttributeDefinition(description = "MTU offered to the guest, 68 to 65535 bytes; 0 offers none")
        int mtu() default 0;
    }

    private static final Logger LOG = LoggerFactory.getLogger(PortComponent.class);

    private final VhostPorts ports;
    private final String name;

    @Activate
    public PortComponent(final Config config, @Reference(name = "ports") final VhostPorts ports) throws VhostException {
        this.ports = ports;
        this.name = config.name();
        try {
            ports.open(new PortSpec(
                    config.name(), Path.of(config.socket()), config.client(), config.queue_pairs(), config.mtu()));
        } catch (VhostException | IllegalArgumentException e) {
            LOG.error("{}", e.getMessage());
            throw e;
        }
    }

    @Deactivate
    void close() {
        ports.close(name);
    }
}
