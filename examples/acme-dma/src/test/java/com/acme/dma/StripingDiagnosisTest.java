package com.acme.dma;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dma.api.DmaDiagnosis.Finding;
import dma.api.DmaDiagnosis.Verdict;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What people read of us. */
class StripingDiagnosisTest {
    @Test
    void shouldFindNothingToMendWhereEachLaneHasAProcessor() {
        assertEquals(
                new Finding(Verdict.OK, "acme-stripes", "its 2 lanes may use 2 processors", ""),
                StripingDiagnosis.finding(2));
    }

    @Test
    void shouldAskForAProcessorWhereLanesShareOne() {
        assertEquals(
                new Finding(
                        Verdict.OK,
                        "acme-stripes",
                        "its 2 lanes may use 1 processor",
                        "let the platform use 1 more beside those of its workers"),
                StripingDiagnosis.finding(1));
    }

    @Test
    void shouldFindSomethingOnThisHost() {
        final List<Finding> findings = new StripingDiagnosis().examine();
        assertEquals(1, findings.size());
    }
}
