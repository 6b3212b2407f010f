/** What driver and device tell each other in memory, as {@code linux/idxd.h} lays it out. Knows nothing else. */
package dma.dsa.internal.wire;
