package vhost.switching.internal;

/** Who copies the packets of all queues. */
enum Copies {
    /** The core, before a call returns. */
    SYNCHRONOUS,
    /** Engines, which take some turns. */
    ASYNCHRONOUS,
    /** Engines that come and go between any two turns, and are now faster, now slower. */
    CHANGING
}
