package dma.dsa.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dma.api.DmaDiagnosis.Finding;
import dma.api.DmaDiagnosis.Verdict;
import dma.dsa.internal.host.KernelHost;
import dma.dsa.internal.testing.FakeHost;
import dma.dsa.internal.testing.FakeQueue;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** People are told what keeps DSA from being used, and what mends it. */
class DsaDiagnosisTest {
    @TempDir
    private Path folder;

    private FakeHost host;
    private FakeQueue queue;

    @BeforeEach
    void create() {
        host = new FakeHost(folder);
        queue = host.add("wq0.0", true, 16);
    }

    private List<Finding> examine() {
        return new DsaDiagnosis(host).examine();
    }

    private Finding last() {
        return examine().getLast();
    }

    @Test
    void shouldFindAGoodQueue() {
        assertThat(examine()).allMatch(finding -> finding.verdict() == Verdict.OK);
        assertThat(examine()).extracting(Finding::what).containsExactly("dsa0", "Intel DSA instructions", "dsa0/wq0.0");
        assertThat(last().state()).startsWith("dedicated, 16 entries").endsWith("submits by write");
        assertThat(queue.closed).isEqualTo(queue.opened);
    }

    @Test
    void shouldTellOfAQueueThatCannotBeUsed() {
        host.set("wq0.0/state", "disabled");
        assertThat(last())
                .isEqualTo(new Finding(
                        Verdict.UNUSABLE, "dsa0/wq0.0", "it is disabled", "accel-config enable-wq dsa0/wq0.0"));
    }

    @Test
    void shouldTellThatThereIsNoWayToSubmit() {
        queue.writeResults.add(-22L);
        assertThat(last().verdict()).isEqualTo(Verdict.UNUSABLE);
        assertThat(last().what()).isEqualTo("dsa0/wq0.0");
        queue.writeResults.add(-22L);
        assertThat(last().state())
                .isEqualTo(
                        "no way to submit: portal: the processor has no MOVDIR64B; write: this kernel has none for DSA"
                                + " (Linux 6.10 has, 6.9.1, 6.8.10)");
        queue.writeResults.add(-22L);
        assertThat(last().remedy()).startsWith("take a kernel with write(2)");
    }

    @Test
    void shouldTellOfADedicatedQueueInUse() {
        host.openErrno = 16;
        assertThat(last().verdict()).isEqualTo(Verdict.OK);
        assertThat(last().state()).endsWith("in use");
    }

    @Test
    void shouldTellOfTheIommuAndTheDevice() {
        host.set("dsa0/pasid_enabled", "0");
        assertThat(examine().getFirst().state()).isEqualTo("the IOMMU is not in scalable mode: pasid_enabled is 0");
        host.set("dsa0/pasid_enabled", "1");
        host.set("dsa0/state", "disabled");
        assertThat(examine().getFirst())
                .isEqualTo(new Finding(Verdict.UNUSABLE, "dsa0", "it is disabled", "accel-config enable-device dsa0"));
    }

    @Test
    void shouldSayThatAModelIsAModel() {
        host.model = true;
        assertThat(examine())
                .extracting(Finding::what)
                .containsExactly("dsa-fake0", "Intel DSA (model dsa-fake) instructions", "dsa-fake0/wq0.0");
    }

    @Test
    void shouldTellSomethingOfAnyHost() {
        final KernelHost kernel = new KernelHost();
        final List<Finding> findings = new DsaDiagnosis(kernel).examine();
        assertThat(findings).isNotEmpty();
        if (!kernel.sysfs().toFile().isDirectory()) {
            assertThat(findings)
                    .containsExactly(new Finding(
                            Verdict.ABSENT,
                            "Intel DSA",
                            "there is no idxd driver: /sys/bus/dsa/devices is missing",
                            "on a Xeon of the 4th generation or later: modprobe idxd"));
        }
    }
}
