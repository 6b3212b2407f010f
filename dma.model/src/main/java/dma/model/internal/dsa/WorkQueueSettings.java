package dma.model.internal.dsa;

/**
 * A modelled work queue.
 *
 * @param device the M of wqM.N
 * @param number the N of wqM.N
 * @param group whose engines serve it
 * @param dedicated a queue for one process, which counts; otherwise shared, which tells when it is full
 * @param size descriptors
 * @param threshold descriptors that users get of a shared one; 0 for a dedicated one
 * @param maxTransfer bytes of one descriptor
 * @param maxBatch descriptors of one batch
 * @param blockOnFault whether descriptors may ask for it
 * @param operations a bit for each opcode it may be asked for
 * @param type user, kernel or none
 * @param driver such as user; what a queue without a driver has is empty
 * @param label what the operator called it
 * @param priority 1 to 15
 * @param enabled whether it is when the model starts
 */
public record WorkQueueSettings(
        int device,
        int number,
        int group,
        boolean dedicated,
        int size,
        int threshold,
        long maxTransfer,
        int maxBatch,
        boolean blockOnFault,
        long operations,
        String type,
        String driver,
        String label,
        int priority,
        boolean enabled) {
    /** Checks the ranges. */
    public WorkQueueSettings {
        if (size < 1 || size > 65_536 || (dedicated ? threshold != 0 : threshold < 1 || threshold > size)) {
            throw new IllegalArgumentException("dma.model.dsa: wq" + device + "." + number + ": size=" + size
                    + " threshold=" + threshold + "; a shared queue's is 1 to its size, a dedicated one's 0");
        }
        if (maxTransfer < 1 || maxBatch < 1) {
            throw new IllegalArgumentException("dma.model.dsa: wq" + device + "." + number + ": transfer=" + maxTransfer
                    + " batch=" + maxBatch + "; use 1 or more");
        }
    }

    /**
     * Reads {@code wq0.1 mode=shared size=32 threshold=31 group=0 transfer=2097152 batch=32 bof=false ops=0x3f type=user
     * driver=user label=model priority=10 enabled=true}.
     */
    public static WorkQueueSettings parse(final String line) {
        final String[] parts = line.strip().split("\\s+", 2);
        final Words words = new Words(parts.length == 2 ? parts[1] : "");
        if (!parts[0].matches("wq\\d{1,3}\\.\\d{1,3}")) {
            throw words.wrong("'" + parts[0] + "' is no name of a work queue; use wq0.0");
        }
        final String[] numbers = parts[0].substring(2).split("\\.");
        final String mode = words.text("mode", "dedicated");
        if (!mode.equals("dedicated") && !mode.equals("shared")) {
            throw words.wrong("mode=" + mode + "; use dedicated or shared");
        }
        final boolean dedicated = mode.equals("dedicated");
        final int size = words.small("size", 32);
        final WorkQueueSettings queue = new WorkQueueSettings(
                Integer.parseInt(numbers[0]),
                Integer.parseInt(numbers[1]),
                words.small("group", 0),
                dedicated,
                size,
                words.small("threshold", dedicated ? 0 : Math.max(1, size - 1)),
                words.number("transfer", 2 << 20), // the kernel's default
                words.small("batch", 32), // the kernel's default
                words.flag("bof", false),
                words.number("ops", Opcode.MODELLED),
                words.text("type", "user"),
                words.text("driver", "user"),
                words.text("label", "model"),
                words.small("priority", 10),
                words.flag("enabled", true));
        words.end();
        return queue;
    }

    String name() {
        return "wq" + device + "." + number;
    }

    /** How many descriptors a user may have in it. */
    int limit() {
        return dedicated ? size : threshold;
    }
}
