package dma.api;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * One channel of an engine, private to one virtqueue. Calls are never concurrent; see the package description.
 */
@ConsumerType
public interface DmaOps extends AutoCloseable {
    /**
     * Submits the copies {@code batch.first()} to {@code batch.end() - 1} and rings the doorbell once.
     *
     * <p>The batch is never empty. It is the caller's again when this returns: an engine that needs an entry later copies it.
     *
     * @return how many were accepted, a prefix of the batch, 0 where the engine is full; or a negative {@link CopyStatus}
     *     where the channel has failed and takes no more
     */
    int transferData(CopyBatch batch);

    /**
     * Appends to {@code completions} the copies that have finished since the last call, in the order of their
     * submission, until it is full.
     *
     * @return how many were appended; or a negative {@link CopyStatus} where the channel has failed: what it has
     *     accepted and not reported is then to be aborted
     */
    int completedCopies(Completions completions);

    /**
     * Gives up every copy that was accepted and not reported. Returns only once the engine can no longer read or write
     * any of their memory; the copies may have been made in full, in part or not at all. It may take a second: what takes
     * longer, or throws, counts as {@code false}.
     *
     * @return {@code true} where that holds: the channel is empty, and is used again or closed. {@code false} where the
     *     engine cannot promise it: the core never uses that memory again, and calls nothing on this channel any more. That
     *     is for hardware that hangs; on a healthy engine {@code false} is a breach of the contract
     */
    boolean abort();

    /**
     * Tells of memory that copies will name as source or destination, before the first one does. Engines that work on
     * virtual addresses may ignore it.
     *
     * @throws DmaException where it cannot be made reachable, such as an IOMMU mapping refused
     */
    void announce(MemoryRegion region) throws DmaException;

    /**
     * Takes back what {@link #announce} told, after the last copy there was reported or aborted.
     *
     * @throws DmaException where the engine {@linkplain DmaLimits#needsMapping needs} memory announced and copies are still
     *     in flight there, accepted and neither reported nor aborted; nothing has changed then
     */
    void withdraw(MemoryRegion region) throws DmaException;

    /**
     * Ends the channel. The core calls it with nothing in flight and all memory withdrawn; for other callers, what is in
     * flight is aborted first. May be called again; does nothing then.
     */
    @Override
    void close();
}
