package dma.model.internal.dsa;

import java.util.Arrays;
import java.util.List;

/**
 * A modelled device.
 *
 * @param number the M of dsaM
 * @param numaNode -1 where it has none
 * @param version 0x100 or 0x200
 * @param genCap image of the register GENCAP
 * @param engines how many each group has, by the group's number
 * @param userSubmissionSafe whether the kernel lets anybody map portals and write BATCH; no kernel has said so yet of the
 *     devices that there are
 * @param pasid whether processes can be bound to it; without, its queues cannot be opened
 */
public record DeviceSettings(
        int number,
        int numaNode,
        int version,
        long genCap,
        List<Integer> engines,
        boolean userSubmissionSafe,
        boolean pasid) {
    /** GENCAP of a device in a 4th generation Xeon, as {@code accel-config list} shows it. */
    static final long SPR_GEN_CAP = 0x40915f0107L;

    /** GENCAP: overlapping buffers, cache control, readback of the destination. */
    static final long OVERLAP = 1 << 1;

    static final long CACHE_CONTROL = 1 << 2;
    static final long READBACK = 1 << 8;

    /** Checks the ranges. */
    public DeviceSettings {
        engines = List.copyOf(engines);
        if (number < 0 || engines.isEmpty() || engines.stream().anyMatch(each -> each < 1 || each > 64)) {
            throw new IllegalArgumentException(
                    "dma.model.dsa: dsa" + number + ": engines=" + engines + "; use 1 to 64 a group");
        }
    }

    /** Reads {@code dsa0 numa=0 version=0x100 gencap=0x40915f0107 engines=2,2 safe=true pasid=true}. */
    public static DeviceSettings parse(final String line) {
        final String[] parts = line.strip().split("\\s+", 2);
        final Words words = new Words(parts.length == 2 ? parts[1] : "");
        if (!parts[0].matches("dsa\\d{1,3}")) {
            throw words.wrong("'" + parts[0] + "' is no name of a device; use dsa0");
        }
        final List<Integer> engines;
        try {
            engines = Arrays.stream(words.text("engines", "4").split(","))
                    .map(Integer::valueOf)
                    .toList();
        } catch (NumberFormatException e) {
            throw words.wrong("engines are numbers for groups, as in engines=2,2");
        }
        final DeviceSettings device = new DeviceSettings(
                Integer.parseInt(parts[0].substring(3)),
                words.small("numa", 0),
                words.small("version", 0x100),
                words.number("gencap", SPR_GEN_CAP),
                engines,
                words.flag("safe", false),
                words.flag("pasid", true));
        words.end();
        return device;
    }

    String name() {
        return "dsa" + number;
    }

    /** Bytes: 2 to the power of GENCAP[20:16]. */
    long maxTransfer() {
        return 1L << (genCap >>> 16 & 0x1f);
    }

    /** Descriptors: 2 to the power of GENCAP[24:21]. */
    int maxBatch() {
        return 1 << (genCap >>> 21 & 0xf);
    }

    boolean has(final long capability) {
        return (genCap & capability) != 0;
    }

    /** What the device and its kernel let work queues do: a bit for each opcode. */
    long operations() {
        // The kernel takes BATCH away where users are not safe with it.
        return Opcode.MODELLED & (userSubmissionSafe ? -1 : ~(1L << Opcode.BATCH));
    }
}
