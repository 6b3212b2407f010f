/** The host that the process runs on, as {@link dma.dsa.device.DsaHost}: system calls and instructions. */
package dma.dsa.internal.host;
