package dma.tck;

import dma.api.DmaLimits;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * A good engine with one thing wrong.
 *
 * @param wrong what it does wrong, in a few words
 * @param rule the rule that must find it, always
 * @param limits what the engine states
 * @param engine makes it
 * @param companions rules that the same fault may break as well; why is said where the fault is
 * @param rules what is checked; all rules, unless the fault makes each of them wait
 */
record SeededFault(
        String wrong,
        String rule,
        DmaLimits limits,
        Function<DmaLimits, ReferenceEngine> engine,
        List<String> companions,
        Predicate<Rule> rules) {
    SeededFault(
            final String wrong,
            final String rule,
            final Function<DmaLimits, ReferenceEngine> engine,
            final String... companions) {
        this(wrong, rule, ReferenceEngine.limits(true, false), engine, companions);
    }

    SeededFault(
            final String wrong,
            final String rule,
            final DmaLimits limits,
            final Function<DmaLimits, ReferenceEngine> engine,
            final String... companions) {
        this(wrong, rule, limits, engine, List.of(companions), any -> true);
    }

    /** All faults, by chapter. */
    static Stream<SeededFault> all() {
        return Stream.of(
                        LimitFaults.FAULTS,
                        CopyFaults.FAULTS,
                        AcceptanceFaults.FAULTS,
                        CompletionFaults.FAULTS,
                        MappingFaults.FAULTS,
                        ThreadFaults.FAULTS,
                        AbortFaults.FAULTS,
                        CloseFaults.FAULTS,
                        FailureFaults.FAULTS)
                .flatMap(List::stream);
    }

    /** An engine with channels that have a fault. */
    static Function<DmaLimits, ReferenceEngine> channel(final Function<ReferenceEngine, ReferenceChannel> channel) {
        return limits -> new ReferenceEngine(limits) {
            @Override
            ReferenceChannel channel() {
                return channel.apply(this);
            }
        };
    }

    /** The same, held against its own rule only. */
    SeededFault alone() {
        return new SeededFault(
                wrong, rule, limits, engine, companions, each -> each.name().equals(rule));
    }

    ReferenceEngine create() {
        return engine.apply(limits);
    }

    @Override
    public String toString() {
        return wrong;
    }
}
