package dma.dsa.internal.sysfs;

/**
 * What keeps something from being used.
 *
 * @param reason one line, such as {@code it is disabled}
 * @param remedy the command that mends it, or what to do
 */
public record Obstacle(String reason, String remedy) {
    @Override
    public String toString() {
        return reason + "; mend it with: " + remedy;
    }
}
