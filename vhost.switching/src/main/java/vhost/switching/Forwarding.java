package vhost.switching;

import java.util.List;
import org.osgi.annotation.versioning.ProviderType;

/** What moves packets between the open ports: an OSGi service. Any thread; nothing here disturbs the data path. */
@ProviderType
public interface Forwarding {
    /** What is done now. */
    ForwardingMode mode();

    /** The ports that take part, in the order in which they were opened. */
    List<PortStatistics> statistics();

    /** Which station was last seen behind which port, youngest first; aged entries are left out. Switch mode fills it. */
    List<MacEntry> macTable();

    /**
     * Forgets all stations; traffic floods until they are seen again.
     *
     * @return how many there were
     */
    int flush();

    /** How many stations were forgotten early, since the start, because the table had no room left for a new one. */
    long evictions();
}
