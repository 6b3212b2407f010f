package dma.tck.internal;

/** Names of rules that can be broken whatever is being checked. */
final class Names {
    static final String OPEN = "open.gives-a-channel";
    static final String IN_FLIGHT = "limits.max-in-flight";
    static final String CONSTANT = "limits.constant";
    static final String RANGE = "transfer.count-in-range";
    static final String ACCEPTS = "transfer.accepts-when-idle";
    static final String RECOVERS = "transfer.recovers-when-full";
    static final String DOORBELL = "transfer.rings-once";
    static final String BATCH_KEPT = "transfer.leaves-the-batch";
    static final String EVERY_COPY = "completion.of-every-copy";
    static final String ONCE = "completion.once";
    static final String ONLY_ACCEPTED = "completion.only-of-accepted";
    static final String NONE_IDLE = "completion.none-when-idle";
    static final String COUNT = "completion.counts-what-it-appends";
    static final String ROOM = "completion.fits-the-room";
    static final String STATUS = "completion.status-known";
    static final String APPENDS = "completion.appends";
    static final String SUCCEEDS = "copy.succeeds";
    static final String SOURCE = "copy.keeps-the-source";
    static final String ORDER = "completion.in-order";
    static final String VISIBLE = "completion.after-the-data";
    static final String HEALTHY = "channel.stays-healthy";
    static final String THROWS = "threads.throws-nothing";
    static final String BLOCKS = "threads.blocks-on-nothing";
    static final String ABORT_IDLE = "abort.of-nothing";
    static final String ABORT_TRUE = "abort.succeeds-in-time";
    static final String USABLE = "abort.leaves-a-usable-channel";
    static final String ABORTED = "abort.empties-the-channel";
    static final String APART = "open.a-channel-each";
    static final String CLOSE = "close.again-does-nothing";
    static final String ANNOUNCE = "announce.takes-memory";
    static final String WITHDRAW = "withdraw.gives-back";
    static final String MESSAGE = "failure.message-is-a-line";

    private Names() {}
}
