package vhost.shell.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dma.api.DmaDiagnosis.Finding;
import dma.api.DmaDiagnosis.Verdict;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class ExaminationTest {
    private static final Finding FINE = new Finding(Verdict.OK, "fine0", "works", "");

    @Test
    void tellsWhatAllFindInTheirOrder() {
        Examination examination = new Examination(Duration.ofSeconds(30));
        Finding other = new Finding(Verdict.ABSENT, "Other", "not here", "buy one");
        examination.ask("first", () -> List.of(other, FINE));
        examination.ask("second", () -> List.of(FINE));
        assertThat(examination.findings()).containsExactly(other, FINE, FINE);
    }

    @Test
    void tellsOfADiagnosisThatFails() {
        Examination examination = new Examination(Duration.ofSeconds(30));
        examination.ask("vendor", () -> {
            throw new IllegalStateException("no\nway");
        });
        examination.ask("good", () -> List.of(FINE));
        assertThat(examination.findings()).hasSize(2).contains(FINE).first().satisfies(finding -> {
            assertThat(finding.verdict()).isEqualTo(Verdict.UNUSABLE);
            assertThat(finding.what()).isEqualTo("bundle vendor");
            assertThat(finding.state()).contains("no way");
        });
    }

    @Test
    void waitsForNoneThatHangs() throws Exception {
        Examination examination = new Examination(Duration.ofMillis(100));
        CountDownLatch interrupted = new CountDownLatch(1);
        examination.ask("vendor", () -> {
            try {
                new CountDownLatch(1).await();
            } finally {
                interrupted.countDown();
            }
            return List.of();
        });
        assertThat(examination.findings())
                .singleElement()
                .extracting(Finding::state)
                .asString()
                .contains("100 ms");
        interrupted.await();
    }

    @Test
    void putsEachFindingOnOneLine() {
        Examination examination = new Examination(Duration.ofSeconds(30));
        examination.ask("vendor", () -> List.of(new Finding(Verdict.OK, "a\tb", "line\nline\u001b[31m", null)));
        assertThat(examination.findings()).containsExactly(new Finding(Verdict.OK, "a b", "line line [31m", ""));
    }
}
