package dma.model.internal.dsa;

import java.util.List;
import java.util.function.Consumer;

/**
 * What a {@link DsaModel} is. Immutable; {@link #DEFAULT} is what the bundle offers.
 *
 * @param devices at most one of each number
 * @param queues of these devices
 * @param kernel such as 6.10: which attributes sysfs has
 * @param writable whether that kernel takes descriptors by {@code write(2)}
 * @param movdir64b whether the processor has that instruction
 * @param enqcmd whether the processor has that instruction
 * @param rawio whether the process has CAP_SYS_RAWIO
 * @param fenceAlone whether FENCE is allowed outside a batch, where it does nothing; the specification leaves it open
 * @param spinNanos how long a device's thread polls after its last descriptor before it sleeps
 * @param mappingsNanos how long a list of this process' mappings is believed
 * @param seed where the order of completions begins
 * @param timing how long things take
 * @param faults what goes wrong
 */
public record DsaSettings(
        List<DeviceSettings> devices,
        List<WorkQueueSettings> queues,
        String kernel,
        boolean writable,
        boolean movdir64b,
        boolean enqcmd,
        boolean rawio,
        boolean fenceAlone,
        long spinNanos,
        long mappingsNanos,
        long seed,
        DsaTiming timing,
        DsaFaults faults) {
    /** The devices of {@link #DEFAULT}: one that everybody may map, one for {@code write(2)} only. */
    static final String DEVICE0 = "dsa0 numa=0 engines=2,2 safe=true";

    static final String DEVICE1 = "dsa1 numa=0 engines=2,2 safe=false";

    /** Its queues: one for each way to submit. */
    static final String QUEUE00 = "wq0.0 mode=dedicated size=64 group=0 batch=64";

    static final String QUEUE01 = "wq0.1 mode=shared size=64 threshold=64 group=1 batch=64";
    static final String QUEUE10 = "wq1.0 mode=dedicated size=64 group=0";
    static final String QUEUE11 = "wq1.1 mode=shared size=64 threshold=64 group=1";

    /** Two devices with two queues each, which together have the four ways to submit; as fast as the threads can. */
    public static final DsaSettings DEFAULT =
            of(List.of(DEVICE0, DEVICE1), List.of(QUEUE00, QUEUE01, QUEUE10, QUEUE11));

    /** Checks that queues and devices belong together. */
    public DsaSettings {
        devices = List.copyOf(devices);
        queues = List.copyOf(queues);
        if (devices.stream().map(DeviceSettings::number).distinct().count() != devices.size()) {
            throw new IllegalArgumentException("dma.model.dsa: two devices have the same number");
        }
        if (queues.stream().map(WorkQueueSettings::name).distinct().count() != queues.size()) {
            throw new IllegalArgumentException("dma.model.dsa: two work queues have the same name");
        }
        for (final WorkQueueSettings queue : queues) {
            final boolean known = devices.stream()
                    .anyMatch(each -> each.number() == queue.device()
                            && queue.group() < each.engines().size());
            if (!known || queue.group() < 0) {
                throw new IllegalArgumentException("dma.model.dsa: " + queue.name() + ": there is no dsa"
                        + queue.device() + " with engines in group " + queue.group());
            }
        }
        if (!kernel.matches("\\d{1,3}\\.\\d{1,3}")) {
            throw new IllegalArgumentException("dma.model.dsa: kernel '" + kernel + "'; use two numbers, as in 6.10");
        }
        if (spinNanos < 0 || mappingsNanos < 0) {
            throw new IllegalArgumentException("dma.model.dsa: a time is negative; use 0 or more");
        }
    }

    /** Devices as {@link DeviceSettings#parse}, queues as {@link WorkQueueSettings#parse}, the rest as in {@link #DEFAULT}. */
    public static DsaSettings of(final List<String> devices, final List<String> queues) {
        return new DsaSettings(
                devices.stream().map(DeviceSettings::parse).toList(),
                queues.stream().map(WorkQueueSettings::parse).toList(),
                "6.10",
                true,
                true,
                true,
                false,
                true,
                50_000,
                1_000_000_000,
                1,
                DsaTiming.NONE,
                DsaFaults.NONE);
    }

    /** These, on such a kernel. */
    public DsaSettings onKernel(final String version, final boolean takesWrites) {
        return changed(draft -> {
            draft.kernel = version;
            draft.writable = takesWrites;
        });
    }

    /** These, on such a processor. */
    public DsaSettings onProcessor(final boolean hasMovdir64b, final boolean hasEnqcmd) {
        return changed(draft -> {
            draft.movdir64b = hasMovdir64b;
            draft.enqcmd = hasEnqcmd;
        });
    }

    /** These, for a process with or without CAP_SYS_RAWIO. */
    public DsaSettings withRawio(final boolean has) {
        return changed(draft -> draft.rawio = has);
    }

    /** These, where FENCE outside a batch is allowed or not. */
    public DsaSettings withFenceAlone(final boolean allowed) {
        return changed(draft -> draft.fenceAlone = allowed);
    }

    /** These, with threads that poll so long, and mappings believed so long; nanoseconds. */
    public DsaSettings withPatience(final long spin, final long mappings) {
        return changed(draft -> {
            draft.spinNanos = spin;
            draft.mappingsNanos = mappings;
        });
    }

    /** These, in another order of completions. */
    public DsaSettings withSeed(final long other) {
        return changed(draft -> draft.seed = other);
    }

    /** These, at another pace. */
    public DsaSettings withTiming(final DsaTiming other) {
        return changed(draft -> draft.timing = other);
    }

    /** These, with other faults. */
    public DsaSettings withFaults(final DsaFaults other) {
        return changed(draft -> draft.faults = other);
    }

    /** Whether the kernel is {@code major.minor} or newer. */
    boolean since(final int major, final int minor) {
        final String[] numbers = kernel.split("\\.");
        final int ours = Integer.parseInt(numbers[0]);
        return ours > major || ours == major && Integer.parseInt(numbers[1]) >= minor;
    }

    /** What a queue may be asked for: what it, its device and the kernel agree on. */
    long operations(final WorkQueueSettings queue) {
        return queue.operations() & device(queue.device()).operations();
    }

    DeviceSettings device(final int number) {
        return devices.stream()
                .filter(each -> each.number() == number)
                .findFirst()
                .orElseThrow();
    }

    List<WorkQueueSettings> queuesOf(final DeviceSettings device) {
        return queues.stream().filter(each -> each.device() == device.number()).toList();
    }

    private DsaSettings changed(final Consumer<Draft> change) {
        final Draft draft = new Draft(this);
        change.accept(draft);
        return draft.done();
    }

    /** The same values, while one of them changes. */
    private static final class Draft {
        private List<DeviceSettings> devices;
        private List<WorkQueueSettings> queues;
        private String kernel;
        private boolean writable;
        private boolean movdir64b;
        private boolean enqcmd;
        private boolean rawio;
        private boolean fenceAlone;
        private long spinNanos;
        private long mappingsNanos;
        private long seed;
        private DsaTiming timing;
        private DsaFaults faults;

        Draft(final DsaSettings from) {
            devices = from.devices;
            queues = from.queues;
            kernel = from.kernel;
            writable = from.writable;
            movdir64b = from.movdir64b;
            enqcmd = from.enqcmd;
            rawio = from.rawio;
            fenceAlone = from.fenceAlone;
            spinNanos = from.spinNanos;
            mappingsNanos = from.mappingsNanos;
            seed = from.seed;
            timing = from.timing;
            faults = from.faults;
        }

        DsaSettings done() {
            return new DsaSettings(
                    devices,
                    queues,
                    kernel,
                    writable,
                    movdir64b,
                    enqcmd,
                    rawio,
                    fenceAlone,
                    spinNanos,
                    mappingsNanos,
                    seed,
                    timing,
                    faults);
        }
    }
}
