package dma.tck.junit;

import dma.api.DmaEngine;
import dma.tck.Certification;
import dma.tck.Options;
import dma.tck.Report;
import dma.tck.Result;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * The contract of {@code dma.api} as JUnit tests, one for each rule. A vendor extends it and names the engine:
 *
 * <pre>{@code
 * class AcmeEngineTest extends DmaEngineContract {
 *     @Override
 *     protected DmaEngine engine() {
 *         return new AcmeEngine();
 *     }
 * }
 * }</pre>
 *
 * <p>All rules run against that one engine. A rule that does not apply is skipped, and the reason told.
 */
public abstract class DmaEngineContract {
    private DmaEngine engine;

    /** A new engine. */
    protected abstract DmaEngine engine() throws Exception;

    /** How reports call it; the name of the test class unless overridden. */
    protected String name() {
        return getClass().getSimpleName();
    }

    /** {@code software}, {@code hardware} or {@code model}, as in {@link DmaEngine#BACKING}. */
    protected String backing() {
        return "software";
    }

    /** How long a copy may take before it counts as lost. */
    protected Duration patience() {
        return Duration.ofSeconds(10);
    }

    /**
     * What happens when the engine's service is unregistered and its bundle stops: called while copies are in flight, and once
     * more at the end. Closes an engine that can be closed unless overridden.
     */
    protected void goAway(final DmaEngine leaving) throws Exception {
        if (leaving instanceof AutoCloseable closeable) {
            closeable.close();
        }
    }

    @BeforeEach
    final void beginEngine() throws Exception {
        engine = engine();
    }

    @AfterEach
    final void endEngine() throws Exception {
        goAway(engine);
    }

    /** Runs all rules, then tells of each. */
    @TestFactory
    final Stream<DynamicTest> contract() {
        final Report report = new Certification(
                        engine,
                        Options.of(name(), backing()).withPatience(patience()).withGoAway(this::goAway))
                .run();
        System.out.println(report.text());
        return report.results().stream()
                .map(result -> DynamicTest.dynamicTest(result.rule().name(), () -> tell(result)));
    }

    private void goAway() {
        try {
            goAway(engine);
        } catch (Exception e) {
            throw new IllegalStateException("goAway failed", e);
        }
    }

    private static void tell(final Result result) {
        final String why = result.detail() + "; " + result.rule().chapter().title() + ": "
                + result.rule().statement();
        switch (result.verdict()) {
            case FAILED -> Assertions.fail(why);
            case NOT_APPLICABLE -> Assumptions.abort(result.detail());
            case PASSED -> {}
        }
    }
}
