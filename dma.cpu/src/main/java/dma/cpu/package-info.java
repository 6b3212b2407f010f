/** DMA engines that copy with the CPU. */
package dma.cpu;
