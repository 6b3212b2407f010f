/** DMA engine over CBDMA (IOAT) channels, through VFIO. */
package dma.cbdma;
