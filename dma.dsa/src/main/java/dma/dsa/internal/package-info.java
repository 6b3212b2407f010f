/** The driver's OSGi components: they watch hosts and offer one engine for each work queue that can be used. */
package dma.dsa.internal;
