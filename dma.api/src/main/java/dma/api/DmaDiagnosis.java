package dma.api;

import java.util.List;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * What the bundle of an engine finds on this host: an OSGi service that a vendor may offer beside its engines, so that
 * {@code ./vhost doctor} tells people what is missing and the command that mends it. Any thread; may take a second.
 */
@ConsumerType
public interface DmaDiagnosis {
    /** All that there is to say, in the order in which it is to be read; never empty. */
    List<Finding> examine();

    /** How it stands with one thing. */
    enum Verdict {
        /** It is there and can be used. */
        OK,
        /** It is not there, and nobody said that it should be. */
        ABSENT,
        /** It is there and cannot be used. */
        UNUSABLE
    }

    /**
     * One thing that was looked at.
     *
     * @param what such as {@code Intel DSA} or {@code dsa0/wq0.1}
     * @param state one line for people
     * @param remedy what mends it, a command where there is one; empty where nothing is to be mended
     */
    record Finding(Verdict verdict, String what, String state, String remedy) {}
}
