package dma.model.internal.dsa;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A directory of the shape of {@code /sys/bus/dsa/devices}, and one of the shape of {@code /dev/dsa}, in a temporary folder
 * that goes with them. An attribute is replaced at once, never seen half written. Where reading one fails in sysfs, it is a
 * directory here.
 */
final class Sysfs implements AutoCloseable {
    private static final String MAJOR = "240";

    private final DsaSettings host;
    private final Path root;
    private final Path sysfs;
    private final Path devices;

    Sysfs(final DsaSettings host) throws IOException {
        this.host = host;
        this.root = Files.createTempDirectory("dsa-model-");
        this.sysfs = Files.createDirectory(root.resolve("sysfs"));
        this.devices = Files.createDirectory(root.resolve("dev"));
    }

    Path sysfs() {
        return sysfs;
    }

    Path devices() {
        return devices;
    }

    /** Writes what does not change: devices, groups, engines. */
    synchronized void write(final ModelDevice device) {
        final DeviceSettings settings = device.settings();
        final List<WorkQueueSettings> queues = host.queuesOf(settings);
        final int number = settings.number();
        final Path at = directory(sysfs, settings.name());
        put(at, "version", "%#x".formatted(settings.version()));
        put(at, "gen_cap", "%#x".formatted(settings.genCap()));
        put(at, "op_cap", bitmap(settings.operations()));
        put(at, "numa_node", settings.numaNode());
        put(at, "max_transfer_size", settings.maxTransfer());
        put(at, "max_batch_size", settings.maxBatch());
        put(at, "max_work_queues", Math.max(8, queues.size()));
        put(
                at,
                "max_work_queues_size",
                Math.max(128, queues.stream().mapToInt(WorkQueueSettings::size).sum()));
        final int engines =
                settings.engines().stream().mapToInt(Integer::intValue).sum();
        put(at, "max_engines", engines);
        put(at, "max_groups", settings.engines().size());
        put(at, "max_read_buffers", 96);
        put(at, "pasid_enabled", settings.pasid() ? 1 : 0);
        put(at, "configurable", 1);
        put(at, "cdev_major", MAJOR);
        put(at, "cmd_status", "0x0");
        put(at, "clients", 0);
        if (host.since(6, 4)) {
            put(at, "event_log_size", 0);
        }
        update(device);
        int engine = 0;
        for (int group = 0; group < settings.engines().size(); group++) {
            final int id = group;
            final int first = engine;
            for (int i = 0; i < settings.engines().get(group); i++) {
                put(directory(sysfs, "engine" + number + "." + engine++), "group_id", group);
            }
            final Path folder = directory(sysfs, "group" + number + "." + group);
            put(
                    folder,
                    "engines",
                    join(IntStream.range(first, engine).mapToObj(each -> "engine" + number + "." + each)));
            put(
                    folder,
                    "work_queues",
                    join(queues.stream().filter(each -> each.group() == id).map(WorkQueueSettings::name)));
            put(folder, "traffic_class_a", 1);
            put(folder, "traffic_class_b", 1);
            put(folder, "read_buffers_allowed", 96);
            put(folder, "read_buffers_reserved", 0);
        }
        device.queues().forEach(this::write);
    }

    /** Writes what changes by itself: whether the device is halted, and SWERR. */
    synchronized void update(final ModelDevice device) {
        final Path at = sysfs.resolve(device.settings().name());
        put(at, "state", device.isHalted() ? "halted" : "enabled");
        put(at, "errors", device.softwareError());
    }

    /** Writes how often a queue is open. Nothing else changes, and at no time misses an attribute. */
    synchronized void clients(final ModelQueue queue) {
        if (queue.state() == ModelQueue.State.REMOVED) {
            return;
        }
        final Path file = sysfs.resolve(queue.settings().name()).resolve("clients");
        final byte[] text = (queue.opens.get() + "\n").getBytes(StandardCharsets.US_ASCII);
        // In place: file systems that are careful with files put in another's place take milliseconds for it.
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.CREATE)) {
            channel.write(ByteBuffer.wrap(text), 0);
            channel.truncate(text.length);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Writes a queue as it is now, and its file in the directory of devices. */
    synchronized void write(final ModelQueue queue) {
        final WorkQueueSettings settings = queue.settings();
        final String name = settings.name();
        if (queue.state() == ModelQueue.State.REMOVED) {
            deleteAll(sysfs.resolve(name));
            deleteAll(devices.resolve(name));
            return;
        }
        final boolean enabled = queue.state() == ModelQueue.State.ENABLED;
        final boolean user = settings.type().equals("user");
        final Path at = directory(sysfs, name);
        put(at, "state", enabled ? "enabled" : "disabled");
        put(at, "type", settings.type());
        put(at, "mode", settings.dedicated() ? "dedicated" : "shared");
        put(at, "size", settings.size());
        put(at, "threshold", settings.threshold());
        put(at, "max_transfer_size", settings.maxTransfer());
        put(at, "max_batch_size", settings.maxBatch());
        put(at, "block_on_fault", settings.blockOnFault() ? 1 : 0);
        put(at, "name", settings.label());
        put(at, "group_id", settings.group());
        put(at, "priority", settings.priority());
        put(at, "ats_disable", 0);
        clients(queue);
        putSince(6, 4, at, "prs_disable", 0);
        putSince(6, 7, at, "driver_name", settings.driver());
        putSince(6, 0, at, "op_config", bitmap(host.operations(settings)));
        putSince(5, 14, at, "occupancy", 0);
        if (!settings.dedicated()) {
            putSince(5, 17, at, "enqcmds_retries", Submission.ENQCMDS_RETRIES);
        }
        deleteAll(at.resolve("cdev_minor"));
        if (enabled && user) {
            put(at, "cdev_minor", settings.device() * 64 + settings.number());
            put(devices, name, "");
        } else {
            directory(at, "cdev_minor"); // ENXIO in sysfs
            deleteAll(devices.resolve(name));
        }
    }

    private void putSince(final int major, final int minor, final Path at, final String name, final Object value) {
        if (host.since(major, minor)) {
            put(at, name, value);
        }
    }

    /** As the kernel prints 256 bits: eight words, the highest first. */
    private static String bitmap(final long bits) {
        return "00000000,".repeat(6) + "%08x,%08x".formatted(bits >>> 32, bits & 0xffff_ffffL);
    }

    private static String join(final Stream<String> names) {
        return String.join(" ", names.toList());
    }

    private static Path directory(final Path parent, final String name) {
        try {
            return Files.createDirectories(parent.resolve(name));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void put(final Path folder, final String name, final Object value) {
        try {
            final Path draft =
                    Files.writeString(root.resolve("draft"), value.toString().isEmpty() ? "" : value + "\n");
            Files.move(
                    draft, folder.resolve(name), StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void deleteAll(final Path path) {
        try (Stream<Path> all = Files.walk(path)) {
            for (final Path each : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(each);
            }
        } catch (NoSuchFileException e) {
            // It has gone already.
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public synchronized void close() {
        deleteAll(root);
    }
}
