package dma.tck;

import org.osgi.annotation.versioning.ProviderType;

/** One rule of the contract. */
@ProviderType
public interface Rule {
    /** Its name, which stays: {@code completion.in-order}. */
    String name();

    /** Where the contract says so. */
    Chapter chapter();

    /** What an engine must do, in one line. */
    String statement();
}
