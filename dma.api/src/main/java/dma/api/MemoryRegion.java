package dma.api;

/**
 * Memory that copies may name.
 *
 * @param address where it begins in this process; a multiple of the page size
 * @param length bytes; a multiple of the page size
 */
public record MemoryRegion(long address, long length) {}
