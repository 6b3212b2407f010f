package dma.dsa.internal.testing;

import dma.dsa.device.DsaHost;
import dma.dsa.device.WorkQueueFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import linux.LinuxException;

/** A host with one device, {@code dsa0} with one engine in group 0, in a folder; its queues are {@link FakeQueue}s. */
public final class FakeHost implements DsaHost {
    private final Path folder;
    private final Map<String, FakeQueue> queues = new HashMap<>();
    public boolean model;
    public boolean movdir64b;
    public boolean enqcmd;

    /** What {@code open} fails with; 0: nothing. */
    public int openErrno;

    /** {@code folder} is empty. */
    public FakeHost(final Path folder) {
        this.folder = folder;
        set("dsa0/state", "enabled");
        set("dsa0/version", "0x100");
        set("dsa0/gen_cap", "0x40915f0107");
        set("dsa0/op_cap", "00000000,00000000,00000000,00000000,00000000,00000000,00000001,003f03ff");
        set("dsa0/max_transfer_size", "2147483648");
        set("dsa0/max_batch_size", "1024");
        set("dsa0/numa_node", "1");
        set("dsa0/pasid_enabled", "1");
        set("engine0.0/group_id", "0");
        create(devices());
    }

    /** A queue of user space that can be used, with batches of up to 8. */
    public FakeQueue add(final String name, final boolean dedicated, final int size) {
        set(name + "/state", "enabled");
        set(name + "/type", "user");
        set(name + "/mode", dedicated ? "dedicated" : "shared");
        set(name + "/size", String.valueOf(size));
        set(name + "/threshold", dedicated ? "0" : String.valueOf(size - 1));
        set(name + "/group_id", "0");
        set(name + "/max_transfer_size", "2097152");
        set(name + "/max_batch_size", "8");
        set(name + "/block_on_fault", "0");
        set(name + "/driver_name", "user");
        set(name + "/name", "vhost");
        set(name + "/cdev_minor", "0");
        set(name + "/op_config", "00000000,00000000,00000000,00000000,00000000,00000000,00000001,003f03ff");
        write(devices().resolve(name), "");
        final FakeQueue queue = new FakeQueue();
        queues.put(name, queue);
        return queue;
    }

    /** Writes an attribute, such as {@code wq0.0/state}. */
    public void set(final String attribute, final String value) {
        write(sysfs().resolve(attribute), value + "\n");
    }

    /** Takes an attribute, or a directory that is empty, away. */
    public void remove(final String attribute) {
        try {
            Files.delete(sysfs().resolve(attribute));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void write(final Path path, final String text) {
        create(path.getParent());
        try {
            Files.writeString(path, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void create(final Path directory) {
        try {
            Files.createDirectories(directory);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public String name() {
        return model ? "dsa-fake" : "dsa";
    }

    @Override
    public boolean isModel() {
        return model;
    }

    @Override
    public Path sysfs() {
        return folder.resolve("sysfs");
    }

    @Override
    public Path devices() {
        return folder.resolve("dev");
    }

    @Override
    public boolean hasMovdir64b() {
        return movdir64b;
    }

    @Override
    public boolean hasEnqcmd() {
        return enqcmd;
    }

    @Override
    public WorkQueueFile open(final String workQueue) throws LinuxException {
        if (openErrno != 0) {
            throw LinuxException.of("open " + devices().resolve(workQueue), openErrno);
        }
        final FakeQueue queue = queues.get(workQueue);
        queue.opened++;
        return queue;
    }
}
