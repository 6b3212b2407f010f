/** Arithmetic of modelled time that the models share. */
package dma.model.internal.timing;
