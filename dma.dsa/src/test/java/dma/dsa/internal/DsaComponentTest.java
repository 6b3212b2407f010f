package dma.dsa.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dma.api.DmaEngine;
import dma.dsa.internal.testing.FakeHost;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.Dictionary;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;

/** Work queues of a host are services, for as long as they are there. */
@Timeout(60)
class DsaComponentTest {
    @TempDir
    private Path folder;

    private final List<Dictionary<?, ?>> registered = new CopyOnWriteArrayList<>();
    private final CountDownLatch withdrawn = new CountDownLatch(1);
    private DsaComponent component;

    private interface Answer {
        Object to(String method, Object[] arguments);
    }

    private static <T> T fake(final Class<T> type, final Answer answer) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(),
                new Class<?>[] {type},
                (proxy, method, arguments) -> answer.to(method.getName(), arguments)));
    }

    private Object register(final Dictionary<?, ?> properties) {
        registered.add(properties);
        return fake(ServiceRegistration.class, (method, arguments) -> {
            assertThat(method).isEqualTo("unregister");
            registered.remove(properties);
            withdrawn.countDown();
            return null;
        });
    }

    private DsaComponent component(final Map<String, Object> configuration) {
        final BundleContext context = fake(BundleContext.class, (method, arguments) -> {
            assertThat(method).isEqualTo("registerService");
            return register((Dictionary<?, ?>) arguments[2]);
        });
        component = new DsaComponent(
                context,
                fake(DsaConfig.class, (method, arguments) -> configuration.getOrDefault(method, defaultOf(method))));
        return component;
    }

    private static Object defaultOf(final String method) {
        try {
            return DsaConfig.class.getMethod(method).getDefaultValue();
        } catch (NoSuchMethodException e) {
            throw new IllegalStateException(e);
        }
    }

    @AfterEach
    void end() {
        if (component != null) {
            component.end();
            component.end();
        }
        assertThat(registered).isEmpty();
    }

    @Test
    void shouldRegisterAModelsQueuesWhileItIsThere() {
        component(Map.of());
        final int ours = registered.size(); // of a host that has some
        final FakeHost host = new FakeHost(folder);
        host.model = true;
        host.add("wq0.1", false, 16);
        component.bindHost(host);
        assertThat(registered).hasSize(ours + 1);
        final Dictionary<?, ?> properties = registered.getLast();
        assertThat(properties.get(DmaEngine.NAME)).isEqualTo("dsa-fake0/wq0.1");
        assertThat(properties.get(DmaEngine.TYPE)).isEqualTo("dsa");
        assertThat(properties.get(DmaEngine.NUMA_NODE)).isEqualTo(1);
        assertThat(properties.get(DmaEngine.BACKING)).isEqualTo("model");
        assertThat(component.counters()).contains("dsa-fake0/wq0.1 (model): copies made 0");
        component.unbindHost(host);
        assertThat(registered).hasSize(ours);
    }

    @Test
    void shouldSeeThatAQueueGoes() throws Exception {
        component(Map.of("rescan_seconds", 1));
        final FakeHost host = new FakeHost(folder);
        host.add("wq0.0", false, 16);
        component.bindHost(host);
        host.set("wq0.0/state", "disabled");
        withdrawn.await();
    }

    @Test
    void shouldRefuseAConfigurationThatMakesNoSense() {
        assertThatThrownBy(() -> component(Map.of("rescan_seconds", -1)))
                .hasMessage("dma.dsa: rescan.seconds is negative; use 0 or more seconds");
        assertThatThrownBy(() -> component(Map.of("submission", "post")))
                .hasMessageContaining("submission 'post' is not known");
    }
}
