package dma.model.internal.dsa;

import dma.model.internal.timing.SizeTable;

/**
 * How long things take. Immutable; all that it computes is a pure function.
 *
 * <p>LD is the raw data of izumihanako/LightDSA, {@code expr/paper} (EuroSys'26 artifact): one device of a 4th generation
 * Xeon, Linux 6.6.58. ASSUMED has no source.
 *
 * @param published whether any of it is held; otherwise the model is as fast as its thread
 * @param charge whether the thread that submits is kept as long as the instruction, or the call, would
 * @param bandwidth bytes a nanosecond, of the device
 * @param launch nanoseconds for 64 bytes on an idle device
 * @param floor nanoseconds between two descriptors of one engine, with a destination aligned to 64 bytes
 * @param floor32 the same, aligned to 32 bytes
 * @param floor16 the same, aligned to 16 bytes or less
 * @param deviceFloor nanoseconds between two descriptors of all engines together
 * @param enqcmd nanoseconds of ENQCMD
 * @param movdir64b nanoseconds of MOVDIR64B
 * @param write nanoseconds of {@code write(2)}, besides what it submits
 * @param fault nanoseconds that a page fault takes which the device waits for
 */
public record DsaTiming(
        boolean published,
        boolean charge,
        double bandwidth,
        long launch,
        long floor,
        long floor32,
        long floor16,
        long deviceFloor,
        long enqcmd,
        long movdir64b,
        long write,
        long fault) {
    /** Sizes of the tables: 64 bytes to 1 MiB, doubling. */
    private static final long[] SIZES = new long[15];

    /** LD, {@code chapter3_4_ALIGN/data/single_memcpy.data}: one at a time, both addresses aligned to 64 bytes. */
    private static final SizeTable ALIGNED;

    /** The same file: aligned to 8 bytes. */
    private static final SizeTable UNALIGNED;

    static {
        for (int i = 0; i < SIZES.length; i++) {
            SIZES[i] = 64L << i;
        }
        ALIGNED = new SizeTable(
                SIZES,
                new double[] {750, 790, 840, 900, 960, 1070, 1140, 1360, 1830, 2390, 3510, 5710, 9910, 18_310, 35_060});
        UNALIGNED = new SizeTable(SIZES, new double[] {
            1150, 1160, 1180, 1140, 1140, 1180, 1230, 1430, 2110, 2720, 3830, 6030, 10_180, 18_570, 35_290
        });
    }

    /** No time at all. */
    public static final DsaTiming NONE = parse("");

    /** The published figures. */
    public static final DsaTiming PUBLISHED = parse("published=true");

    /** Checks the ranges. */
    public DsaTiming {
        if (!(bandwidth > 0) || Math.min(Math.min(launch, floor), Math.min(floor32, floor16)) < 0) {
            throw new IllegalArgumentException("dma.model.dsa: timing: use a bandwidth above 0 and times of 0 or more");
        }
    }

    /**
     * Reads {@code published=true charge=false bandwidth=31400 launch=750 floor=50 floor32=370 floor16=740 devicefloor=28
     * enqcmd=190 movdir64b=60 write=300 fault=15000}: bandwidth in MB/s, times in nanoseconds; the defaults are these.
     */
    public static DsaTiming parse(final String line) {
        final Words words = new Words(line);
        final DsaTiming timing = new DsaTiming(
                words.flag("published", false),
                words.flag("charge", false),
                words.number("bandwidth", 31_400) / 1e3, // LD: 29.9 GiB/s from 16 KiB on
                words.number("launch", 750), // LD: 64 bytes, one at a time
                words.number("floor", 50), // LD: batches of 32 of 64 bytes, one engine
                words.number("floor32", 370), // LD: many singles, aligned to 32 bytes
                words.number("floor16", 740), // LD: many singles, aligned to 8 bytes
                words.number("devicefloor", 28), // LD: 512 bytes, four engines, 17 290 MiB/s
                words.number("enqcmd", 190), // LD: singles from one thread, 5.3 million a second
                words.number("movdir64b", 60), // ASSUMED: posted, nothing to wait for
                words.number("write", 300), // ASSUMED: a system call
                words.number("fault", 15_000)); // LD: 0.277 GB/s where the device waits, pages of 4 KiB
        words.end();
        return timing;
    }

    /** How long an engine is kept by {@code bytes} to {@code destination}, {@code sharers} engines moving data; nanoseconds. */
    long engineNanos(final long bytes, final long destination, final int sharers) {
        return Math.max(floorNanos(destination), (long) Math.ceil(bytes * sharers / bandwidth));
    }

    /** What passes after an engine is free for the next, until the record is there; nanoseconds. */
    long pipelineNanos(final long bytes, final long destination) {
        return Math.max(0, idleNanos(bytes, destination) - engineNanos(bytes, destination, 1));
    }

    /** How long it takes on an idle device; nanoseconds. */
    long idleNanos(final long bytes, final long destination) {
        final SizeTable table = (destination & 63) == 0 ? ALIGNED : UNALIGNED;
        return Math.round(table.nanos(bytes) - ALIGNED.nanos(0)) + launch;
    }

    /** LD shifted both addresses; its tuning aligns the destination, so that is what is taken to matter. */
    private long floorNanos(final long destination) {
        if ((destination & 63) == 0) {
            return floor;
        }
        return (destination & 31) == 0 ? floor32 : floor16;
    }
}
