package vhost.core.api;

import java.util.List;
import org.osgi.annotation.versioning.ProviderType;

/** The worker threads: an OSGi service. Any thread. */
@ProviderType
public interface VhostWorkers {
    /** All of them; the list does not change while the service lives. */
    List<VhostWorker> workers();
}
