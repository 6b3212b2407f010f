package vhost.core.internal.device;

import java.util.List;
import vhost.core.api.VhostEngines;
import vhost.core.internal.async.CopyChannel.Overflow;

/**
 * What is configured of engines.
 *
 * @param assignments which of them for which queue
 * @param overflow what happens to copies that an engine has no room for
 * @param deadlineMillis how long a copy may take before its engine is not believed any more
 */
public record EngineSettings(Assignments assignments, Overflow overflow, int deadlineMillis) {
    public static final int DEADLINE_MILLIS = 100;

    /** Every queue copies itself. */
    static final EngineSettings NONE = all(VhostEngines.BUILTIN, Integer.MAX_VALUE);

    /** One engine and threshold for all queues. */
    public static EngineSettings all(final String engine, final int threshold) {
        return new EngineSettings(new Assignments(engine, threshold, List.of()), Overflow.CPU, DEADLINE_MILLIS);
    }
}
