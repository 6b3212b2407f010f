package dma.model.internal.cbdma;

/** Configuration space of a function, as far as drivers touch it. One thread at a time; any thread asks what COMMAND allows. */
final class ConfigSpace {
    static final int SIZE = 4096;
    static final int COMMAND = 0x04;
    static final int MEMORY = 0x2;
    static final int BUS_MASTER = 0x4;

    private static final int CAN_BE_WRITTEN = 0x547;
    private static final int DMAUNCERRSTS = 0x148;
    private static final int CHANERR_INT = 0x180;

    private final short[] words = new short[SIZE / 2];
    private volatile int command;

    ConfigSpace(final CbdmaSettings.Device device) {
        put(0x00, 0x8086);
        put(0x02, device.id());
        // System peripheral, other.
        put(0x0A, 0x0880);
        put(0x0E, 0x80);
        // BAR0: memory, 64 bits.
        put(0x10, 0x4);
        put(0x12, 0xFB00);
        put(0x2C, 0x8086);
    }

    private void put(final int offset, final int value) {
        words[offset / 2] = (short) value;
    }

    boolean hasMemory() {
        return (command & MEMORY) != 0;
    }

    boolean isBusMaster() {
        return (command & BUS_MASTER) != 0;
    }

    int command() {
        return command;
    }

    void command(final int value) {
        command = value & CAN_BE_WRITTEN;
    }

    int read16(final int offset) {
        return offset == COMMAND ? command : Short.toUnsignedInt(words[offset / 2]);
    }

    void write16(final int offset, final int value) {
        if (offset == COMMAND) {
            command(value);
        } else if (offset / 4 * 4 == CHANERR_INT || offset / 4 * 4 == DMAUNCERRSTS) {
            put(offset, read16(offset) & ~value);
        } else if (offset >= 0x40) {
            put(offset, value);
        }
    }
}
