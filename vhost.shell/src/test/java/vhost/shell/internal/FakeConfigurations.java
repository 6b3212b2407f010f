package vhost.shell.internal;

import java.util.Dictionary;
import java.util.Hashtable;
import java.util.Map;
import java.util.TreeMap;
import org.osgi.service.cm.Configuration;
import org.osgi.service.cm.ConfigurationAdmin;

/** Factory configurations by name. */
final class FakeConfigurations {
    final Map<String, Dictionary<String, Object>> stored = new TreeMap<>();

    ConfigurationAdmin admin() {
        return FakePorts.fake(ConfigurationAdmin.class, (method, arguments) -> switch (method) {
            case "getFactoryConfiguration" -> configuration((String) arguments[1]);
            case "listConfigurations" -> list((String) arguments[0]);
            default -> null;
        });
    }

    private Configuration[] list(String filter) {
        Configuration[] found = stored.keySet().stream()
                .filter(name -> !filter.contains("(name=") || filter.contains("(name=" + name + ")"))
                .map(this::configuration)
                .toArray(Configuration[]::new);
        return found.length == 0 ? null : found;
    }

    private Configuration configuration(String name) {
        return FakePorts.fake(Configuration.class, (method, arguments) -> switch (method) {
            case "getProperties" -> stored.get(name);
            case "updateIfDifferent" -> store(name, arguments[0]);
            case "delete" -> stored.remove(name);
            default -> null;
        });
    }

    private boolean store(String name, Object properties) {
        Dictionary<String, Object> copy = new Hashtable<>();
        Dictionary<?, ?> given = (Dictionary<?, ?>) properties;
        for (Object key : java.util.Collections.list(given.keys())) {
            copy.put((String) key, given.get(key));
        }
        stored.put(name, copy);
        return true;
    }
}
