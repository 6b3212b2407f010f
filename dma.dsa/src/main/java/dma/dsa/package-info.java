/** DMA engine over Linux idxd user work queues (Intel DSA). */
package dma.dsa;
