package dma.model.internal.dsa;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dma.dsa.device.DsaHost;
import java.lang.annotation.Annotation;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;

class DsaModelComponentTest {
    private final List<DsaHost> offered = new ArrayList<>();
    private DsaModelComponent component;

    @BeforeEach
    void begin() {
        component = new DsaModelComponent(context(), config(Map.of()));
    }

    @AfterEach
    void end() {
        component.end();
        assertThat(offered).isEmpty();
    }

    /** A registry that holds what is registered. */
    private BundleContext context() {
        return (BundleContext) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {BundleContext.class}, (proxy, method, arguments) -> {
                    final DsaHost host = (DsaHost) arguments[1];
                    offered.add(host);
                    return Proxy.newProxyInstance(
                            getClass().getClassLoader(),
                            new Class<?>[] {ServiceRegistration.class},
                            (self, call, none) -> {
                                offered.remove(host);
                                return null;
                            });
                });
    }

    /** A configuration: the defaults, but for what is given. */
    private static DsaModelConfig config(final Map<String, Object> given) {
        final Map<String, Object> values = new HashMap<>(given);
        return (DsaModelConfig) Proxy.newProxyInstance(
                DsaModelConfig.class.getClassLoader(),
                new Class<?>[] {DsaModelConfig.class, Annotation.class},
                (proxy, method, none) -> values.getOrDefault(method.getName(), method.getDefaultValue()));
    }

    @Test
    void shouldOfferTheFourWaysToSubmit() {
        assertThat(offered).hasSize(1);
        assertThat(component.dsa()).contains("model dsa0", "wq0.0", "wq0.1", "model dsa1", "wq1.0", "wq1.1");
        assertThat(DsaModelComponent.settings(config(Map.of()))).isEqualTo(DsaSettings.DEFAULT);
    }

    @Test
    void shouldChangeFaultsOfTheSameModel() {
        final DsaHost before = offered.getFirst();
        component.modify(config(Map.of("fault_error", "every=7 code=0x21")));
        assertThat(offered).containsExactly(before);
        assertThat(component.dsa()).contains("fault.error");
    }

    @Test
    void shouldOfferAnotherModelWhereMoreChanges() {
        final DsaHost before = offered.getFirst();
        component.modify(config(Map.of("timing", "published=true")));
        assertThat(offered).hasSize(1).doesNotContain(before);
    }

    @Test
    void shouldReadLinesOfAFile() {
        component.modify(config(
                Map.of("devices", new String[] {"dsa3 numa=1"}, "queues", new String[] {"wq3.0 mode=shared; wq3.1"})));
        assertThat(component.dsa()).contains("numa 1", "wq3.0", "wq3.1").doesNotContain("dsa0");
    }

    @Test
    void shouldDoWhatAnOperatorDoes() {
        assertThat(component.dsa("disable", "wq0.1")).contains("wq0.1: disabled");
        assertThat(component.dsa("enable", "wq0.1")).contains("wq0.1: enabled");
        assertThat(component.dsa("remove", "wq0.1")).contains("wq0.1: removed");
        assertThat(component.dsa("reset")).contains("SWERR: none");
        assertThatThrownBy(() -> component.dsa("explode")).hasMessageContaining("use model:dsa");
    }

    @Test
    void shouldKeepTheModelWhereAConfigurationIsWrong() {
        final DsaHost before = offered.getFirst();
        assertThatThrownBy(() -> component.modify(config(Map.of("queues", new String[] {"wq5.0"}))))
                .hasMessageContaining("there is no dsa5");
        assertThat(offered).containsExactly(before);
    }
}
