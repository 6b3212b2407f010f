package dma.model.internal.cbdma;

/** CHANSTS [2:0]. */
final class ChannelState {
    static final int ACTIVE = 0;
    static final int IDLE = 1;
    static final int SUSPENDED = 2;
    static final int HALTED = 3;
    static final int ARMED = 4;
    static final int MASK = 7;

    private ChannelState() {}

    static String name(final int state) {
        return switch (state & MASK) {
            case ACTIVE -> "active";
            case IDLE -> "idle";
            case SUSPENDED -> "suspended";
            case HALTED -> "halted";
            case ARMED -> "armed";
            default -> "state " + state;
        };
    }
}
