package vhost.shell.internal;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Dictionary;
import java.util.Hashtable;
import java.util.List;
import java.util.Optional;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.service.cm.Configuration;
import org.osgi.service.cm.ConfigurationAdmin;
import vhost.core.api.PortSpec;

/** The ports that the configuration asks for: factory PID {@code vhost.port}. */
final class PortSettings {
    static final String FACTORY = "vhost.port";
    private static final String NAME = "name";
    private static final String SOCKET = "socket";
    private static final String CLIENT = "client";
    private static final String QUEUE_PAIRS = "queue.pairs";
    private static final String MTU = "mtu";

    /** Set by the bundle that reads configurations from files. */
    static final String FILE = "felix.fileinstall.filename";

    private final ConfigurationAdmin admin;

    PortSettings(ConfigurationAdmin admin) {
        this.admin = admin;
    }

    List<PortSpec> all() throws IOException {
        List<PortSpec> specs = new ArrayList<>();
        for (Configuration configuration : list("(service.factoryPid=" + FACTORY + ")")) {
            specs.add(spec(configuration.getProperties()));
        }
        return specs;
    }

    /** The file that {@code name} is configured in, where it is. */
    Optional<String> file(String name) throws IOException {
        return find(name)
                .map(configuration -> configuration.getProperties().get(FILE))
                .map(String::valueOf);
    }

    void store(PortSpec spec) throws IOException {
        Optional<Configuration> known = find(spec.name());
        Configuration configuration =
                known.isPresent() ? known.get() : admin.getFactoryConfiguration(FACTORY, spec.name(), "?");
        configuration.updateIfDifferent(properties(spec));
    }

    boolean remove(String name) throws IOException {
        Optional<Configuration> known = find(name);
        if (known.isPresent()) {
            known.get().delete();
        }
        return known.isPresent();
    }

    private Optional<Configuration> find(String name) throws IOException {
        return list("(&(service.factoryPid=" + FACTORY + ")(" + NAME + "=" + name + "))").stream()
                .findFirst();
    }

    private List<Configuration> list(String filter) throws IOException {
        try {
            Configuration[] found = admin.listConfigurations(filter);
            return found == null ? List.of() : List.of(found);
        } catch (InvalidSyntaxException e) {
            throw new CommandException("port names have letters, digits, dots, dashes and underscores only");
        }
    }

    static Dictionary<String, Object> properties(PortSpec spec) {
        Dictionary<String, Object> properties = new Hashtable<>();
        properties.put(NAME, spec.name());
        properties.put(SOCKET, spec.socket().toString());
        properties.put(CLIENT, spec.client());
        properties.put(QUEUE_PAIRS, spec.queuePairs());
        properties.put(MTU, spec.mtu());
        return properties;
    }

    /** Values may be texts, as they come from files. */
    static PortSpec spec(Dictionary<String, Object> properties) {
        return new PortSpec(
                text(properties, NAME, ""),
                Path.of(text(properties, SOCKET, "")),
                Boolean.parseBoolean(text(properties, CLIENT, "false")),
                Integer.parseInt(text(properties, QUEUE_PAIRS, "1")),
                Integer.parseInt(text(properties, MTU, "0")));
    }

    private static String text(Dictionary<String, Object> properties, String key, String absent) {
        Object value = properties.get(key);
        return value == null ? absent : value.toString().strip();
    }
}
