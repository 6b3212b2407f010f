package vhost.core.internal.async;

/** Who made the copies of one queue, over all the channels it has had. Plain to the queue's owner. */
final class CopyCounts {
    /** By an engine. */
    long engine;

    /** By the processor, for whatever reason. */
    long core;

    /** Of those: again, after an engine had failed at them. */
    long redone;

    /** Of those: for want of room in the engine. */
    long overflowed;
}
