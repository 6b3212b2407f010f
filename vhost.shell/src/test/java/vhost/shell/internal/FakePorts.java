package vhost.shell.internal;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import vhost.core.api.PortSpec;
import vhost.core.api.QueueCounters;
import vhost.core.api.VhostException;
import vhost.core.api.VhostPort;
import vhost.core.api.VhostPorts;
import vhost.core.api.VhostQueue;

/** Ports that only remember that they were opened. Their queues count what a test says. */
final class FakePorts implements VhostPorts {
    /** Packets, and ten times as many bytes, of every queue. */
    long packets;

    /** By queue: engines that they have and that they should have, thresholds. */
    final Map<String, String> engines = new HashMap<>();

    final Map<String, String> wished = new HashMap<>();
    final Map<String, Integer> thresholds = new HashMap<>();

    private final List<VhostPort> open = new ArrayList<>();

    @Override
    public VhostPort open(PortSpec spec) throws VhostException {
        Optional<VhostPort> known = port(spec.name());
        if (known.isPresent() && !known.get().spec().equals(spec)) {
            throw new VhostException("port " + spec.name() + " is there already");
        }
        if (known.isEmpty()) {
            open.add(fake(VhostPort.class, (name, arguments) -> switch (name) {
                case "spec" -> spec;
                case "state" -> VhostPort.State.WAITING;
                case "receiveq" -> queue(spec.name() + "/rx" + arguments[0], spec.name());
                case "transmitq" -> queue(spec.name() + "/tx" + arguments[0], spec.name());
                case "lastEvent" -> "";
                case "name" -> spec.name();
                default -> null;
            }));
        }
        return port(spec.name()).orElseThrow();
    }

    private VhostQueue queue(String queue, String port) {
        return fake(VhostQueue.class, (name, arguments) -> switch (name) {
            case "name" -> queue;
            case "port" -> port(port).orElseThrow();
            case "ring" -> "";
            case "engine" -> engines.getOrDefault(queue, "builtin");
            case "threshold" -> thresholds.getOrDefault(queue, 0);
            case "counters" -> new QueueCounters(packets, 10 * packets, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
            case "hashCode" -> queue.hashCode();
            case "equals" ->
                arguments[0] instanceof VhostQueue other && other.name().equals(queue);
            case "worker" -> fake(vhost.core.api.VhostWorker.class, (method, none) -> 0);
            default -> null;
        });
    }

    @Override
    public boolean close(String name) {
        return open.removeIf(port -> port.name().equals(name));
    }

    @Override
    public List<VhostPort> ports() {
        return List.copyOf(open);
    }

    @Override
    public Optional<VhostPort> port(String name) {
        return open.stream().filter(port -> port.name().equals(name)).findFirst();
    }

    @Override
    public void addListener(Listener listener) {
        throw new UnsupportedOperationException("commands do not listen");
    }

    @Override
    public void removeListener(Listener listener) {
        throw new UnsupportedOperationException("commands do not listen");
    }

    /** What a method of a fake returns; null stands for zero too. */
    interface Answer {
        Object to(String method, Object[] arguments);
    }

    static <T> T fake(Class<T> type, Answer answer) {
        return type.cast(java.lang.reflect.Proxy.newProxyInstance(
                type.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> {
                    Object result = answer.to(method.getName(), arguments);
                    Class<?> wanted = method.getReturnType();
                    if (result == null && wanted.isPrimitive()) {
                        return wanted == long.class ? (Object) 0L : wanted == boolean.class ? (Object) false : 0;
                    }
                    if (wanted == long.class && result instanceof Integer number) {
                        return number.longValue();
                    }
                    return result;
                }));
    }
}
