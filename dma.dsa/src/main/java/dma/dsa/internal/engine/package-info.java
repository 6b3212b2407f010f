/**
 * Work queues as engines. An {@link dma.dsa.internal.engine.OpenQueue} is the open file of a queue that all channels of
 * an engine share; a {@link dma.dsa.internal.engine.DsaChannel} keeps the copies of one virtqueue in order.
 */
package dma.dsa.internal.engine;
