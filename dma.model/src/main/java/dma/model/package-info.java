/** Software models of Intel DSA and CBDMA devices, for hosts that have none. */
package dma.model;
