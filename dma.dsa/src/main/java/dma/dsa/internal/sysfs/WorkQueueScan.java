package dma.dsa.internal.sysfs;

import dma.dsa.device.DsaHost;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a host has at one moment.
 *
 * @param devices in the order of their numbers; of DSA only, not of its sibling IAA
 * @param queues of them, in the order of devices and numbers
 */
public record WorkQueueScan(List<Device> devices, List<WorkQueue> queues) {
    private static final Pattern DEVICE = Pattern.compile("dsa(\\d{1,6})");
    private static final Pattern PART = Pattern.compile("(wq|engine)(\\d{1,6})\\.(\\d{1,6})");

    /** Looks. Any thread; what comes or goes meanwhile is there or not. */
    public static WorkQueueScan of(final DsaHost host) {
        final Map<Integer, Device> devices = new HashMap<>();
        final Map<Integer, Map<Integer, Integer>> engines = new HashMap<>();
        final List<Matcher> queues = new ArrayList<>();
        for (final String name : names(host.sysfs())) {
            final Matcher device = DEVICE.matcher(name);
            final Matcher part = PART.matcher(name);
            if (device.matches()) {
                final int number = Integer.parseInt(device.group(1));
                devices.put(number, Device.read(name, number, attributes(host, name)));
            } else if (part.matches() && part.group(1).equals("wq")) {
                queues.add(part);
            } else if (part.matches()) {
                engines.computeIfAbsent(Integer.parseInt(part.group(2)), number -> new HashMap<>())
                        .merge(attributes(host, name).integer("group_id", -1), 1, Integer::sum);
            }
        }
        final List<WorkQueue> found = new ArrayList<>();
        for (final Matcher part : queues) {
            final Device device = devices.get(Integer.parseInt(part.group(2)));
            if (device != null) {
                found.add(read(host, device, part, engines.get(device.number())));
            }
        }
        found.sort(Comparator.comparingInt((WorkQueue queue) -> queue.device().number())
                .thenComparingInt(WorkQueue::number));
        return new WorkQueueScan(
                devices.values().stream()
                        .sorted(Comparator.comparingInt(Device::number))
                        .toList(),
                List.copyOf(found));
    }

    private static WorkQueue read(
            final DsaHost host, final Device device, final Matcher part, final Map<Integer, Integer> engines) {
        final Attributes attributes = attributes(host, part.group());
        final int group = attributes.integer("group_id", 0);
        final WorkQueue queue = WorkQueue.read(
                device,
                part.group(),
                Integer.parseInt(part.group(3)),
                engines == null ? -1 : engines.getOrDefault(group, 0),
                attributes);
        return queue.with(Obstacles.find(queue, attributes, host.devices().resolve(queue.name())));
    }

    private static Attributes attributes(final DsaHost host, final String name) {
        return new Attributes(host.sysfs().resolve(name));
    }

    private static List<String> names(final Path directory) {
        final List<String> names = new ArrayList<>();
        if (!Files.isDirectory(directory)) {
            return names;
        }
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            entries.forEach(entry -> names.add(entry.getFileName().toString()));
        } catch (IOException | DirectoryIteratorException e) {
            throw new UncheckedIOException(
                    directory + " cannot be listed", e instanceof IOException io ? io : (IOException) e.getCause());
        }
        return names;
    }

    /** Why there is no queue to be used, in one line; empty where there is one. */
    public String nothing(final DsaHost host) {
        if (queues.stream().anyMatch(queue -> queue.obstacle() == null)) {
            return "";
        }
        if (!Files.isDirectory(host.sysfs())) {
            return "this host has no idxd driver (" + host.sysfs() + " is missing); once it is loaded, update dma.dsa";
        }
        if (devices.isEmpty()) {
            return "this host has no DSA device (" + host.sysfs() + " names none)";
        }
        if (queues.isEmpty()) {
            return "its DSA devices have no work queues";
        }
        return "none of its " + queues.size() + (queues.size() == 1 ? " work queue" : " work queues") + " can be used";
    }
}
