package dma.chaos.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dma.api.CopyBatch;
import dma.api.DmaEngine;
import dma.api.DmaOps;
import java.lang.foreign.Arena;
import java.lang.reflect.Proxy;
import java.util.Dictionary;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;

@Timeout(60)
class ChaosComponentTest {
    private final List<DmaEngine> registered = new CopyOnWriteArrayList<>();
    private final AtomicInteger there = new AtomicInteger();
    private final CountDownLatch cameBack = new CountDownLatch(3);
    private volatile Dictionary<?, ?> properties;

    private final ServiceRegistration<?> registration = fake(ServiceRegistration.class, (method, arguments) -> {
        assertThat(method).isEqualTo("unregister");
        there.decrementAndGet();
        return null;
    });

    private final BundleContext context = fake(BundleContext.class, (method, arguments) -> {
        assertThat(method).isEqualTo("registerService");
        registered.add((DmaEngine) arguments[1]);
        properties = (Dictionary<?, ?>) arguments[2];
        there.incrementAndGet();
        cameBack.countDown();
        return registration;
    });

    private interface Answer {
        Object to(String method, Object[] arguments);
    }

    private static <T> T fake(final Class<T> type, final Answer answer) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(),
                new Class<?>[] {type},
                (proxy, method, arguments) -> answer.to(method.getName(), arguments)));
    }

    private ChaosComponent component(final Map<String, Object> configuration) {
        final Map<String, Object> all = new HashMap<>(configuration);
        all.put("service.pid", "dma.chaos");
        all.put("component.name", "c");
        all.put("osgi.command.scope", "chaos");
        all.put("felix.fileinstall.filename", "file:/dma.chaos.cfg");
        return new ChaosComponent(context, all);
    }

    @Test
    void shouldOfferItsEngineUntilItEnds() {
        final ChaosComponent component = component(Map.of());
        assertThat(there).hasValue(1);
        assertThat(properties.get(DmaEngine.NAME)).isEqualTo("chaos");
        assertThat(properties.get(DmaEngine.TYPE)).isEqualTo("chaos");
        component.end();
        assertThat(there).hasValue(0);
    }

    @Test
    void shouldComeAndGo() throws Exception {
        final ChaosComponent component = component(Map.of("flap.millis", "1", "name", "wild"));
        cameBack.await();
        component.end();
        assertThat(there).hasValue(0);
        assertThat(properties.get(DmaEngine.NAME)).isEqualTo("wild");
        // The same engine each time: what its channels have accepted stays known.
        assertThat(registered).hasSizeGreaterThanOrEqualTo(3).allMatch(each -> each == registered.getFirst());
    }

    @Test
    void shouldTellWhatHappened() throws Exception {
        final ChaosComponent component = component(Map.of("abort.false", "every 1"));
        assertThat(component.violations()).isEqualTo("violations: 0");
        final DmaOps channel = registered.getFirst().open("q");
        final CopyBatch batch = new CopyBatch(Arena.ofAuto(), 1);
        batch.add(16, 16, 8);
        assertThat(channel.transferData(batch)).isOne();
        assertThat(channel.abort()).isFalse();
        assertThat(component.violations()).startsWith("violations: 1\nq: copy 0x10 to 0x10, 8 bytes");
        assertThat(component.injected()).isEqualTo("copies made: 0\nabort.false: 1");
        assertThat(component.late()).isZero();
        component.end();
    }

    @Test
    void shouldSayWhatIsWrong() {
        assertThatThrownBy(() -> component(Map.of("flap.millis", "-1")))
                .hasMessage("dma.chaos: flap.millis: '-1'; use 0 or more milliseconds");
        assertThatThrownBy(() -> component(Map.of("flop.millis", "1")))
                .hasMessage("dma.chaos: flop.millis: no such key");
        assertThat(there).hasValue(0);
    }
}
