package dma.cbdma.internal.pci;

import java.util.Map;
import java.util.TreeMap;

/** Which processors a device id of Intel's CBDMA (I/OAT) belongs to: Linux {@code drivers/dma/ioat/init.c}, {@code pci_ids.h}. */
public final class Generation {
    /** Intel. */
    public static final int VENDOR = 0x8086;

    private static final Map<Integer, String> NAMES = names();

    private Generation() {}

    private static Map<Integer, String> names() {
        final Map<Integer, String> names = new TreeMap<>();
        add(names, "Tylersburg", 0x3430, 0x3433);
        add(names, "Tylersburg", 0x3429, 0x342C);
        add(names, "Jasper Forest", 0x3710, 0x3719);
        addXeon(names, "Sandy Bridge", 0x3C20);
        addXeon(names, "Ivy Bridge", 0x0E20);
        addXeon(names, "Haswell", 0x2F20);
        add(names, "Atom S1200", 0x0C50, 0x0C53);
        addXeon(names, "Broadwell", 0x6F20);
        add(names, "Broadwell-DE", 0x6F50, 0x6F53);
        add(names, "Skylake", 0x2021, 0x2021);
        add(names, "Ice Lake", 0x0B00, 0x0B00);
        return names;
    }

    /** Eight functions, and two that are RAID engines as well. */
    private static void addXeon(final Map<Integer, String> names, final String name, final int first) {
        add(names, name, first, first + 7);
        add(names, name, first + 0xE, first + 0xF);
    }

    private static void add(final Map<Integer, String> names, final String name, final int first, final int last) {
        for (int id = first; id <= last; id++) {
            names.put(id, name);
        }
    }

    /** Its name; null where it is no CBDMA function. */
    public static String of(final int vendor, final int device) {
        return vendor == VENDOR ? NAMES.get(device) : null;
    }
}
