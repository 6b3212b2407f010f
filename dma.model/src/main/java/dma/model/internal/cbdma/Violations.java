package dma.model.internal.cbdma;

import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a driver did that the hardware would not have liked. Any thread; the one place of the model where its thread allocates. */
final class Violations {
    private static final Logger LOG = LoggerFactory.getLogger(CbdmaModel.class);

    /** So many are kept and logged; the rest is only counted. */
    private static final int KEPT = 64;

    private final List<String> first = new ArrayList<>();
    private long count;

    synchronized void add(final String function, final String what) {
        count++;
        if (first.size() < KEPT) {
            final String line = function + ": " + what;
            first.add(line);
            LOG.error("cbdma-model (model): against the rules: {}", line);
        }
    }

    synchronized long count() {
        return count;
    }

    synchronized List<String> first() {
        return List.copyOf(first);
    }
}
