package vhost.core.internal.platform;

import java.io.IOException;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.osgi.service.cm.ConfigurationAdmin;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import vhost.core.api.VhostException;
import vhost.core.internal.device.Assignments;

/**
 * Keeps the rules that were assigned in the configuration {@code vhost.assignments}. A change after a quiet time is stored at
 * once, and fails where it cannot be; those that follow closely are stored together when it is quiet again, because each time
 * costs ConfigurationAdmin and the components more than the change itself. One thread at a time.
 */
final class RuleStore {
    /** Changes that follow each other closer than this are stored together. */
    static final long TOGETHER_MILLIS = 250;

    /** While changes do not end, what waits is stored so often. */
    private static final long LONGEST_MILLIS = 10_000;

    private static final Logger LOG = LoggerFactory.getLogger(RuleStore.class);

    /** What the configuration has, as far as was heard or written. */
    private List<String> known = List.of();

    private long knownRevision;

    /** What it is to have, and how many changes there were. */
    private List<String> wanted = List.of();

    private long revision;
    private boolean isWaiting;
    private long waitingSince;
    private long changedAt = System.nanoTime() - TimeUnit.MILLISECONDS.toNanos(TOGETHER_MILLIS);

    /**
     * Whether somebody else has changed the configuration; what it says holds then, and what was not stored yet is
     * forgotten. News of our own changes come late, and tell of older ones than the last.
     */
    boolean isNews(final Map<String, Object> properties) {
        final List<String> texts = EnginesConfig.texts(properties.get(EnginesConfig.RULES));
        final long told = properties.get(EnginesConfig.REVISION) instanceof Long number ? number : 0;
        if (texts.equals(known) || told != 0 && told < knownRevision) {
            return false;
        }
        known = texts;
        wanted = texts;
        knownRevision = told;
        revision = Math.max(revision, told);
        return true;
    }

    /**
     * Keeps {@code rules}.
     *
     * @return whether {@link #store} is to be called, not before {@link #isDue}
     * @throws VhostException where they cannot be; nothing has changed then
     */
    boolean keep(final List<Assignments.Rule> rules, final ConfigurationAdmin admin) throws VhostException {
        final List<String> before = wanted;
        wanted = rules.stream().map(String::valueOf).toList();
        revision++;
        final boolean follows = isWithin(TOGETHER_MILLIS, changedAt);
        changedAt = System.nanoTime();
        if (isWaiting) {
            return false;
        }
        if (follows) {
            isWaiting = true;
            waitingSince = changedAt;
            return true;
        }
        try {
            write(admin);
            return false;
        } catch (IOException e) {
            wanted = before;
            revision--;
            throw new VhostException("the wish cannot be kept: " + e.getMessage(), e);
        }
    }

    private static boolean isWithin(final long millis, final long since) {
        return System.nanoTime() - since < TimeUnit.MILLISECONDS.toNanos(millis);
    }

    /** Whether what waits has waited long enough. */
    boolean isDue() {
        return !isWithin(TOGETHER_MILLIS, changedAt) || !isWithin(LONGEST_MILLIS, waitingSince);
    }

    /** Stores what was not; logs where that cannot be. */
    void store(final ConfigurationAdmin admin) {
        isWaiting = false;
        if (wanted.equals(known)) {
            return;
        }
        try {
            write(admin);
        } catch (IOException | IllegalStateException e) {
            LOG.error(
                    "{}: what was assigned holds until the platform ends, it cannot be kept: {}",
                    EnginesConfig.ASSIGNMENTS_PID,
                    e.getMessage());
        }
    }

    private void write(final ConfigurationAdmin admin) throws IOException {
        final Hashtable<String, Object> properties = new Hashtable<>();
        properties.put(EnginesConfig.RULES, wanted.toArray(String[]::new));
        properties.put(EnginesConfig.REVISION, revision);
        admin.getConfiguration(EnginesConfig.ASSIGNMENTS_PID, "?").update(properties);
        known = wanted;
        knownRevision = revision;
    }
}
