/** The certification kit: the contract of a DMA engine as tests. */
package dma.tck;
