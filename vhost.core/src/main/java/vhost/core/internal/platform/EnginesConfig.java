package vhost.core.internal.platform;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import vhost.core.api.VhostEngines;
import vhost.core.internal.async.CopyChannel.Overflow;
import vhost.core.internal.device.Assignments;
import vhost.core.internal.device.Assignments.Rule;
import vhost.core.internal.device.EngineSettings;

/**
 * The two configurations of engines, as read. What cannot be read leaves that configuration as it was: half of what
 * somebody wrote is not what they meant.
 *
 * @param stated rules of {@code vhost.engines}
 * @param assigned rules of {@code vhost.assignments}, which hold after those
 * @param settings of both
 */
record EnginesConfig(List<Rule> stated, List<Rule> assigned, EngineSettings settings) {
    /** Whose file people write. */
    static final String PID = "vhost.engines";

    /** What was assigned while the platform ran. */
    static final String ASSIGNMENTS_PID = "vhost.assignments";

    private static final String ENGINE = "cpu-inline";

    // With a dot they are no service properties: a change is no event for the whole framework.
    static final String RULES = ".rules";
    static final String REVISION = ".revision";

    static final EnginesConfig DEFAULT = new EnginesConfig(List.of(), List.of(), EngineSettings.all(ENGINE, 1024));

    private static final Set<String> KEYS =
            new TreeSet<>(Set.of("engine", "threshold", "overflow", "deadline.millis", "assignments"));

    /** Keys that are not people's: of the framework, of components, of the reader of files. */
    private static final List<String> FOREIGN = List.of("service.", "component.", "felix.", "osgi.", ".");

    private static final int LONGEST_DEADLINE_MILLIS = 500;

    /** What {@code properties} state; {@code error} and {@code warn} are told a line each for what is wrong. */
    EnginesConfig read(
            final Map<String, Object> properties, final Consumer<String> error, final Consumer<String> warn) {
        List<Rule> nextStated = stated;
        List<Rule> nextAssigned = assigned;
        EngineSettings base = settings;
        try {
            final EngineSettings all = settings(properties);
            nextStated = rules(properties.get("assignments"));
            base = all;
        } catch (IllegalArgumentException e) {
            error.accept(origin(properties) + ": " + e.getMessage() + "; what was configured before stays");
        }
        try {
            nextAssigned = rules(properties.get(RULES));
        } catch (IllegalArgumentException e) {
            error.accept(ASSIGNMENTS_PID + ": " + e.getMessage() + "; what was assigned before stays");
        }
        final String unknown = properties.keySet().stream()
                .filter(key -> !KEYS.contains(key) && !key.equals(RULES) && !key.equals(REVISION))
                .filter(key -> FOREIGN.stream().noneMatch(key::startsWith))
                .sorted()
                .collect(Collectors.joining(", "));
        if (!unknown.isEmpty()) {
            warn.accept(origin(properties) + ": nobody reads " + unknown + "; there are " + String.join(", ", KEYS));
        }
        return of(nextStated, nextAssigned, base);
    }

    /** The same with these rules in the place of those that were assigned. */
    EnginesConfig withAssigned(final List<Rule> rules) {
        return of(stated, rules, settings);
    }

    private static EnginesConfig of(final List<Rule> stated, final List<Rule> assigned, final EngineSettings base) {
        final List<Rule> both = new ArrayList<>(stated);
        both.addAll(assigned);
        final Assignments assignments =
                new Assignments(base.assignments().engine(), base.assignments().threshold(), both);
        return new EnginesConfig(
                stated, assigned, new EngineSettings(assignments, base.overflow(), base.deadlineMillis()));
    }

    private static String origin(final Map<String, Object> properties) {
        final Object file = properties.get("felix.fileinstall.filename");
        return file == null ? PID : file.toString();
    }

    private static EngineSettings settings(final Map<String, Object> properties) {
        final String engine = text(properties, "engine", ENGINE);
        final int threshold = VhostEngines.thresholdOf(text(properties, "threshold", "1024"));
        final String overflow = text(properties, "overflow", "cpu");
        if (!overflow.equals("cpu") && !overflow.equals("wait")) {
            throw new IllegalArgumentException("overflow '" + overflow + "'; use cpu or wait");
        }
        final String deadline = text(properties, "deadline.millis", String.valueOf(EngineSettings.DEADLINE_MILLIS));
        if (!deadline.matches("[0-9]{1,5}")
                || Integer.parseInt(deadline) < 1
                || Integer.parseInt(deadline) > LONGEST_DEADLINE_MILLIS) {
            throw new IllegalArgumentException(
                    "deadline.millis '" + deadline + "'; use 1 to " + LONGEST_DEADLINE_MILLIS);
        }
        return new EngineSettings(
                new Assignments(engine, threshold, List.of()),
                overflow.equals("wait") ? Overflow.WAIT : Overflow.CPU,
                Integer.parseInt(deadline));
    }

    private static String text(final Map<String, Object> properties, final String key, final String absent) {
        final Object value = properties.get(key);
        return value == null || value.toString().isBlank()
                ? absent
                : value.toString().strip();
    }

    private static List<Rule> rules(final Object value) {
        final List<Rule> rules = new ArrayList<>();
        texts(value).forEach(text -> rules.addAll(Assignments.parse(text)));
        return rules;
    }

    /** Rules as one text with commas, or as many texts. */
    static List<String> texts(final Object value) {
        final Collection<?> texts = switch (value) {
            case null -> List.of();
            case String[] array -> Arrays.asList(array);
            case Collection<?> several -> several;
            default -> List.of(value);
        };
        return texts.stream().map(String::valueOf).toList();
    }
}
