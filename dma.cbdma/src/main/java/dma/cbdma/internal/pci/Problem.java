package dma.cbdma.internal.pci;

/**
 * Why something cannot be used.
 *
 * @param state one line for people, such as {@code the kernel's driver ioatdma has it}
 * @param remedy the command that mends it
 */
public record Problem(String state, String remedy) {
    @Override
    public String toString() {
        return state + "; " + remedy;
    }
}
