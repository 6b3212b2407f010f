package vhost.core.internal.device;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import vhost.core.api.VhostEngines;
import vhost.core.api.VhostEngines.Wish;

/**
 * Which engine and threshold are wished for which queue: a default, then rules in order, the last that matches and says
 * something wins, for each of the two. Immutable.
 *
 * @param engine the default
 * @param threshold the default, bytes or {@link VhostEngines#AUTO}
 * @param rules in order
 */
public record Assignments(String engine, int threshold, List<Rule> rules) {
    /** Stands in a rule for what it says nothing about. */
    private static final String NOTHING = "-";

    public Assignments {
        rules = List.copyOf(rules);
    }

    /**
     * One rule.
     *
     * @param pattern of queue names; {@code *} stands for any number of characters
     * @param engine or null
     * @param threshold bytes, {@link VhostEngines#AUTO}, or null
     */
    public record Rule(String pattern, String engine, Integer threshold) {
        /** Checks the words: they must survive being written as text. */
        public Rule {
            if (!pattern.matches("[A-Za-z0-9._/*-]+")) {
                throw new IllegalArgumentException("pattern '" + pattern
                        + "'; use letters, digits and . _ - of PORT/rx0 or PORT/tx0, and * for any of them");
            }
            if (engine != null && (!engine.matches("[^\\s,]+") || engine.equals(NOTHING))) {
                throw new IllegalArgumentException("engine '" + engine + "'; a name has no spaces and no commas");
            }
        }

        /** Reads {@code PATTERN ENGINE THRESHOLD}. */
        static Rule of(final String text) {
            final String[] words = text.strip().split("\\s+");
            if (words.length != 3) {
                throw new IllegalArgumentException("rule '" + text.strip()
                        + "'; write PATTERN ENGINE THRESHOLD, such as port0/* cpu-worker 1024, and - for what"
                        + " it leaves");
            }
            return new Rule(
                    words[0],
                    words[1].equals(NOTHING) ? null : words[1],
                    words[2].equals(NOTHING) ? null : VhostEngines.thresholdOf(words[2]));
        }

        /** How a rule without this one's say reads; null where nothing is left of it. */
        private Rule without(final Rule newer) {
            final String engineLeft = newer.engine == null ? engine : null;
            final Integer thresholdLeft = newer.threshold == null ? threshold : null;
            return engineLeft == null && thresholdLeft == null ? null : new Rule(pattern, engineLeft, thresholdLeft);
        }

        /** The engine, or a dash. */
        public String engineText() {
            return engine == null ? NOTHING : engine;
        }

        /** The threshold, or a dash. */
        public String thresholdText() {
            return threshold == null ? NOTHING : VhostEngines.textOf(threshold);
        }

        @Override
        public String toString() {
            return pattern + " " + engineText() + " " + thresholdText();
        }
    }

    /** Reads rules separated by commas. */
    public static List<Rule> parse(final String text) {
        final List<Rule> rules = new ArrayList<>();
        for (final String part : text.split(",")) {
            if (!part.isBlank()) {
                rules.add(Rule.of(part));
            }
        }
        return rules;
    }

    /**
     * {@code rules} and then {@code newer}. What it makes void goes, so that the list does not grow with the number of
     * changes: an older rule whose pattern's text the newer pattern matches can match no queue that the newer does not.
     */
    public static List<Rule> with(final List<Rule> rules, final Rule newer) {
        final List<Rule> next = new ArrayList<>();
        for (final Rule older : rules) {
            final Rule left = matches(newer.pattern, older.pattern) ? older.without(newer) : older;
            if (left != null) {
                next.add(left);
            }
        }
        next.add(newer);
        return next;
    }

    /** What is wished for the queue {@code name}. */
    Wish wish(final String name) {
        String wishedEngine = engine;
        int wishedThreshold = threshold;
        String engineBy = "default";
        String thresholdBy = "default";
        for (final Rule rule : rules) {
            if ((rule.engine != null || rule.threshold != null) && matches(rule.pattern, name)) {
                if (rule.engine != null) {
                    wishedEngine = rule.engine;
                    engineBy = "rule '" + rule + "'";
                }
                if (rule.threshold != null) {
                    wishedThreshold = rule.threshold;
                    thresholdBy = "rule '" + rule + "'";
                }
            }
        }
        final String why =
                engineBy.equals(thresholdBy) ? engineBy : "engine by " + engineBy + ", threshold by " + thresholdBy;
        return new Wish(wishedEngine, wishedThreshold, why);
    }

    /** The names of all engines that are spoken of, {@link VhostEngines#BUILTIN} left out. */
    public Set<String> engines() {
        final Set<String> names = new LinkedHashSet<>();
        names.add(engine);
        rules.forEach(rule -> names.add(rule.engine == null ? VhostEngines.BUILTIN : rule.engine));
        names.remove(VhostEngines.BUILTIN);
        return names;
    }

    /** Whether {@code text} is {@code pattern} with something, or nothing, in place of each {@code *}. */
    static boolean matches(final String pattern, final String text) {
        int at = 0;
        int star = -1;
        int resume = 0;
        int i = 0;
        while (i < text.length()) {
            if (at < pattern.length() && pattern.charAt(at) == '*') {
                star = at++;
                resume = i;
            } else if (at < pattern.length() && pattern.charAt(at) == text.charAt(i)) {
                at++;
                i++;
            } else if (star >= 0) {
                at = star + 1;
                i = ++resume;
            } else {
                return false;
            }
        }
        while (at < pattern.length() && pattern.charAt(at) == '*') {
            at++;
        }
        return at == pattern.length();
    }
}
