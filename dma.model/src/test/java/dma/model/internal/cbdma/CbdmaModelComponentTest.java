package dma.model.internal.cbdma;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dma.model.internal.cbdma.CbdmaSettings.Device;
import dma.model.internal.cbdma.CbdmaSettings.ResetEnd;
import dma.model.internal.cbdma.CbdmaSettings.Vfio;
import java.lang.reflect.Proxy;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CbdmaModelComponentTest {
    /** A configuration with its defaults, but for the methods named. */
    private static CbdmaModelConfig config(final Map<String, Object> values) {
        return (CbdmaModelConfig) Proxy.newProxyInstance(
                CbdmaModelConfig.class.getClassLoader(),
                new Class<?>[] {CbdmaModelConfig.class},
                (proxy, method, arguments) -> values.getOrDefault(method.getName(), method.getDefaultValue()));
    }

    @Test
    void shouldBeTheDefaultModelWithoutAConfiguration() {
        assertThat(CbdmaModelComponent.settings(config(Map.of()))).isEqualTo(CbdmaSettings.DEFAULT);
    }

    @Test
    void shouldTakeWhatIsConfigured() {
        final CbdmaSettings settings = CbdmaModelComponent.settings(config(Map.ofEntries(
                Map.entry("functions", 2),
                Map.entry("numa_node", 1),
                Map.entry("xfercap", 16),
                Map.entry("prefetch", 4),
                Map.entry("error_bits", "dpdk"),
                Map.entry("reset_end", "chainaddr"),
                Map.entry("reset_micros", 7L),
                Map.entry("noiommu", true),
                Map.entry("memlock_bytes", 4096L),
                Map.entry("mappings", 5),
                Map.entry("timing", "published"),
                Map.entry("fault_error_every", 3),
                Map.entry("fault_error_bit", 9))));
        assertThat(settings.functions()).hasSize(2).allMatch(each -> each.numaNode() == 1);
        assertThat(settings.device())
                .isEqualTo(Device.ICX
                        .withXfercap(16)
                        .withPrefetch(4)
                        .withErrors(ErrorBits.DPDK)
                        .withReset(ResetEnd.AFTER_CHAINADDR, 7000));
        assertThat(settings.vfio()).isEqualTo(Vfio.TYPE1.withLimits(4096, 5).withNoIommu());
        assertThat(settings.timing()).isEqualTo(Timing.PUBLISHED);
        assertThat(settings.faults()).isEqualTo(Faults.NONE.withError(3, 9));
    }

    @Test
    void shouldSayWhatIsWrong() {
        assertThatThrownBy(() -> CbdmaModelComponent.settings(config(Map.of("timing", "fast"))))
                .hasMessage("dma.model.cbdma: timing 'fast' is not known; use none or published");
        assertThatThrownBy(() -> CbdmaModelComponent.settings(config(Map.of("functions", 0))))
                .hasMessageContaining("use 1 to 256");
    }

    @Test
    void shouldTellThatItIsAModelWhereverItIsShown() {
        final CbdmaModelComponent component = new CbdmaModelComponent(config(Map.of("functions", 2)));
        assertThat(component.name()).isEqualTo("cbdma-model");
        assertThat(component.isModel()).isTrue();
        assertThat(component.cbdma())
                .startsWith("cbdma-model (model, software): 2 functions, timing none")
                .contains("0000:00:04.0")
                .contains("0000:00:04.1")
                .contains("closed")
                .endsWith("violations: 0");
        component.end();
        assertThat(component.pci()).doesNotExist();
    }

    @Test
    void shouldChangeFaultsWhileItRuns() throws Exception {
        final CbdmaModelComponent component = new CbdmaModelComponent(config(Map.of()));
        component.modified(config(Map.of("fault_group_not_viable", true)));
        assertThat(component.openGroup("16").status()).isZero();
        component.modified(config(Map.of()));
        assertThat(component.openGroup("17").status()).isOne();
        component.end();
    }
}
