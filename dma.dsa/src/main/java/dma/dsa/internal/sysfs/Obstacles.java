package dma.dsa.internal.sysfs;

import dma.dsa.internal.wire.Opcode;
import java.nio.file.Files;
import java.nio.file.Path;

/** Finds the first thing to be mended before a work queue can be used, in the order in which an administrator mends them. */
final class Obstacles {
    private static final String USER = "user";

    private Obstacles() {}

    /**
     * What keeps {@code queue} from being used.
     *
     * @param attributes the queue's
     * @param node its character device
     * @return null where it can be used
     */
    static Obstacle find(final WorkQueue queue, final Attributes attributes, final Path node) {
        final Obstacle configuration = configuration(queue);
        if (configuration != null) {
            return configuration;
        }
        final Obstacle state = state(queue);
        return state != null ? state : node(queue, attributes, node);
    }

    private static Obstacle configuration(final WorkQueue queue) {
        if (!queue.device().pasidEnabled()) {
            return new Obstacle(
                    "its device cannot work on a process' addresses: pasid_enabled is 0",
                    "boot with intel_iommu=on,sm_on, and VT-d switched on in the firmware");
        }
        if (queue.size() < 1) {
            return new Obstacle("it has no entries", configure(queue, "--wq-size=16"));
        }
        if (!queue.type().equals(USER)) {
            return new Obstacle(
                    queue.type().equals("kernel") ? "it belongs to the kernel" : "its type is " + queue.type(),
                    configure(queue, ""));
        }
        if (queue.driverName() != null && !queue.driverName().equals(USER)) {
            return new Obstacle(
                    "its driver is '" + queue.driverName() + "', not '" + USER + "'", configure(queue, ""));
        }
        if (!queue.dedicated() && queue.threshold() < 1) {
            return new Obstacle(
                    "it is shared and its threshold is 0", configure(queue, "--threshold=" + queue.size()));
        }
        if (queue.group() < 0) {
            return new Obstacle("it is in no group", configure(queue, ""));
        }
        if (queue.engines() == 0) {
            final String engine = queue.device().name() + "/engine" + queue.device().number() + ".0";
            return new Obstacle(
                    "its group " + queue.group() + " has no engine",
                    "accel-config disable-device " + queue.device().name() + " && accel-config config-engine " + engine
                            + " --group-id=" + queue.group() + ", then configure and enable it again");
        }
        if (!queue.operations().allow(Opcode.MEMMOVE)) {
            return new Obstacle(
                    "it may not copy: op_config has no MEMMOVE",
                    configure(queue, "--op-config=" + Long.toHexString(1L << Opcode.MEMMOVE.code() | 1)));
        }
        return null;
    }

    private static Obstacle state(final WorkQueue queue) {
        final Device device = queue.device();
        if (!device.enabled()) {
            return new Obstacle("its device is disabled", enable(queue));
        }
        if (!queue.state().equals("enabled")) {
            return new Obstacle("it is " + queue.state(), enable(queue));
        }
        return null;
    }

    private static Obstacle node(final WorkQueue queue, final Attributes attributes, final Path node) {
        if (!attributes.has("cdev_minor") || !Files.exists(node)) {
            return new Obstacle(
                    "it has no character device " + node,
                    "accel-config disable-wq " + queue.path() + " && accel-config enable-wq " + queue.path());
        }
        if (!Files.isReadable(node) || !Files.isWritable(node)) {
            return new Obstacle(
                    "this user may not open " + node, "chown " + System.getProperty("user.name") + " " + node);
        }
        return null;
    }

    private static String configure(final WorkQueue queue, final String option) {
        return "accel-config disable-wq " + queue.path() + "; accel-config config-wq " + queue.path() + " --group-id="
                + Math.max(0, queue.group()) + " --type=user --driver-name=user --name=vhost"
                + (option.isEmpty() ? "" : " " + option) + " && " + enable(queue);
    }

    private static String enable(final WorkQueue queue) {
        final String device = queue.device().enabled() ? "" : "accel-config enable-device " + queue.device().name();
        return device + (device.isEmpty() ? "" : " && ") + "accel-config enable-wq " + queue.path();
    }
}
