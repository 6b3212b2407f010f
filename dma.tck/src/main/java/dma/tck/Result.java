package dma.tck;

/**
 * What became of one rule.
 *
 * @param detail one line: what was seen, or why the rule does not apply; empty where there is nothing to say
 * @param nanos how long it took, nanoseconds
 */
public record Result(Rule rule, Verdict verdict, String detail, long nanos) {}
