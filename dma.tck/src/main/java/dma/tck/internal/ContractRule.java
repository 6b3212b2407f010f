package dma.tck.internal;

import dma.tck.Chapter;
import dma.tck.Rule;

/** A rule with what checks it. */
public record ContractRule(String name, Chapter chapter, String statement, Check check) implements Rule {
    /** Ends normally where the rule is kept, with a {@link Violation} where it, or another one, is broken. */
    @FunctionalInterface
    public interface Check {
        void check(Lab lab) throws Exception;
    }
}
