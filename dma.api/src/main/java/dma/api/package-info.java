/**
 * The contract between the vhost core and a copy engine: what a vendor builds against.
 *
 * <h2>Model</h2>
 *
 * <p>An engine is an OSGi service, {@link dma.api.DmaEngine}. For each virtqueue that is assigned to it the core opens a
 * private channel, a {@link dma.api.DmaOps}, whose two calls are the data path: {@link dma.api.DmaOps#transferData} takes
 * a prefix of a batch of copies, {@link dma.api.DmaOps#completedCopies} reports which have finished, <em>in the order in
 * which they were submitted</em>, each with a status. An engine that copies before {@code transferData} returns is as
 * welcome as one that copies beside the processor; it says which it is in {@link dma.api.DmaLimits#offloads}.
 *
 * <h2>Order of calls</h2>
 *
 * <pre>
 *   open → announce* → ( transferData | completedCopies )* → [ abort ] → withdraw* → close
 * </pre>
 *
 * <h2>Threads</h2>
 *
 * <p>{@code open} may be called by any thread, at any time, for several channels at once. The calls on one channel are never
 * concurrent: the core hands a channel from its control thread to the queue's owner and back with a happens-before
 * edge. {@code transferData} and {@code completedCopies} are called by the owner of the queue only; they allocate
 * nothing, take no lock, block on nothing and throw nothing.
 *
 * <h2>Ownership</h2>
 *
 * <p>Source and destination of an accepted copy belong to the engine until its completion is reported, or until
 * {@link dma.api.DmaOps#abort()} has returned {@code true}. A copy that was not accepted stays the core's. When a
 * completion is reported the data is visible to the thread that asked. A copy is <em>in flight</em> from its acceptance until
 * its completion is reported, or an {@code abort} has succeeded; that it has been made changes nothing.
 *
 * <h2>Memory</h2>
 *
 * <p>Where an engine states {@link dma.api.DmaLimits#needsMapping}, a copy that names memory which was never announced, or
 * was withdrawn, ends with a failure, in its place among the others, and touches nothing. It does not end the channel.
 *
 * <h2>Going away</h2>
 *
 * <p>An engine that unregisters its service must stay able to finish, or abort, what its channels have accepted until they
 * are closed: the core closes each of them before its unbind returns, within a bounded time.
 *
 * <h2>Failures</h2>
 *
 * <p>Set-up errors are {@link dma.api.DmaException}s with one line that says what, where and how to mend it. On the data path
 * there are only counts and {@link dma.api.CopyStatus} codes. The core distrusts both: it bounds counts, gives
 * completions a deadline and makes a failed copy again itself.
 *
 * <p>Guests can truncate the files of their memory. Java code that copies there meets an {@link java.lang.InternalError}: an
 * engine that copies within {@code transferData} lets it pass, the core knows what to do; one that copies on a thread of
 * its own reports the copy as failed. An engine that pins the memory it was told of does not see that a file was truncated:
 * it may go on copying there and report {@link dma.api.CopyStatus#OK}, as the pages are its own until they are withdrawn.
 *
 * <p>{@code dma.tck} holds engines against all of this, rule by rule.
 */
@Export
@Version("0.1.0")
package dma.api;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
