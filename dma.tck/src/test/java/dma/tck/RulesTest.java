package dma.tck;

import static org.assertj.core.api.Assertions.assertThat;

import dma.api.DmaLimits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is said about rules, and by them. */
class RulesTest {
    private static final DmaLimits LIMITS = new DmaLimits(4096, 8, 1, true, false);

    @Test
    void shouldHaveNamesThatCanBeCited() {
        final List<String> names =
                Certification.rules().stream().map(Rule::name).toList();
        assertThat(names).doesNotHaveDuplicates().allMatch(name -> name.matches("[a-z]+(-[a-z]+)*\\.[a-z]+(-[a-z]+)*"));
        assertThat(names).containsAll(SeededFault.all().map(SeededFault::rule).toList());
    }

    @Test
    void shouldBeListedInTheVendorsGuide() throws IOException {
        final StringBuilder list = new StringBuilder();
        for (final Chapter chapter : Chapter.values()) {
            list.append("### ").append(chapter.title()).append("\n\n");
            Certification.rules().stream()
                    .filter(rule -> rule.chapter() == chapter)
                    .forEach(rule -> list.append("- `" + rule.name() + "`: " + rule.statement() + "\n"));
            list.append('\n');
        }
        Files.writeString(Path.of("target", "rules.md"), list);
        assertThat(Files.readString(Path.of("..", "docs", "vendors-guide.md")))
                .as("the end of docs/vendors-guide.md; target/rules.md is what it must be")
                .endsWith("## The rules\n\n" + list.toString().stripTrailing() + "\n");
    }

    @Test
    void shouldCallAModelAModel() {
        assertThat(report("model", Verdict.PASSED).text())
                .startsWith("engine some (a model: says nothing about hardware)")
                .endsWith("some (model): passed, 1 rules passed, 0 failed, 0 not applicable");
        assertThat(report("hardware", Verdict.PASSED).text()).startsWith("engine some (hardware)");
    }

    @Test
    void shouldTellEachRuleToProgramsInOneLine() {
        final Report report = report("software", Verdict.FAILED);
        assertThat(report.isPassed()).isFalse();
        assertThat(report.table().lines())
                .containsExactly(
                        "engine\tbacking\trule\tchapter\tverdict\tmillis\tdetail",
                        "some\tsoftware\t" + Certification.rules().getFirst().name()
                                + "\tMODEL\tFAILED\t7\tseen in two lines");
    }

    private static Report report(final String backing, final Verdict verdict) {
        final Result result = new Result(Certification.rules().getFirst(), verdict, "seen in\ntwo\tlines", 7_000_000);
        return new Report("some", backing, LIMITS, Instant.EPOCH, List.of(result));
    }
}
