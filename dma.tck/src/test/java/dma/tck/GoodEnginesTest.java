package dma.tck;

import static org.assertj.core.api.Assertions.assertThat;

import dma.api.DmaLimits;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Engines that keep the contract pass, again and again. */
class GoodEnginesTest {
    /** Of each engine. */
    private static final int TIMES = Integer.getInteger("tck.times", 3);

    static Stream<DmaLimits> engines() {
        final List<DmaLimits> limits = List.of(
                ReferenceEngine.limits(false, false),
                ReferenceEngine.limits(true, false),
                ReferenceEngine.limits(false, true),
                ReferenceEngine.limits(true, true),
                new DmaLimits(1500, 1, 1, true, false),
                new DmaLimits(4096, 7, 64, true, true));
        return limits.stream().flatMap(each -> IntStream.range(0, TIMES).mapToObj(i -> each));
    }

    @ParameterizedTest
    @MethodSource("engines")
    void shouldPass(final DmaLimits limits) {
        try (ReferenceEngine engine = new ReferenceEngine(limits)) {
            final Report report = new Certification(
                            engine, Options.of("reference", "software").withGoAway(engine::close))
                    .run();
            assertThat(report.isPassed()).as(report.text()).isTrue();
            assertThat(report.results()).hasSameSizeAs(Certification.rules());
            System.out.println(report.text());
        }
    }
}
