package dma.tck.internal;

import java.util.List;
import java.util.stream.Stream;

/** All rules. */
public final class Contract {
    /** In the order in which they run: what others build upon first; what needs the engine to have passed, or ends it, last. */
    public static final List<ContractRule> RULES = Stream.of(
                    LimitRules.RULES,
                    CopyRules.RULES,
                    AcceptanceRules.RULES,
                    CompletionRules.RULES,
                    AbortRules.RULES,
                    MappingRules.RULES,
                    ThreadRules.RULES,
                    DataPathRules.RULES,
                    CloseRules.RULES,
                    FailureRules.RULES,
                    LastRules.RULES)
            .flatMap(List::stream)
            .toList();

    private Contract() {}

    /** The rule of that name. */
    public static ContractRule rule(final String name) {
        return RULES.stream()
                .filter(rule -> rule.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no rule " + name));
    }
}
