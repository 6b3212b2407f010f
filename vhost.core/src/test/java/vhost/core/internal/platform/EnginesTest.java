package vhost.core.internal.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Dictionary;
import java.util.HashMap;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.osgi.service.cm.Configuration;
import org.osgi.service.cm.ConfigurationAdmin;
import vhost.core.api.VhostEngines;
import vhost.core.api.VhostEngines.Rule;
import vhost.core.api.VhostException;

/** What is wished goes into the configuration, and comes from there to the queues. */
@Timeout(30)
class EnginesTest {
    private final Map<String, Object> file = new HashMap<>();
    private final ExecutorService dispatcher = Executors.newSingleThreadExecutor();
    private final Engines engines = new Engines();
    private volatile Dictionary<String, Object> stored;
    private volatile boolean delivers = true;
    private volatile boolean full;
    private final AtomicInteger writes = new AtomicInteger();

    @BeforeEach
    void start() {
        engines.bindConfigurations(admin());
        deliver();
    }

    @AfterEach
    void stop() {
        engines.close();
        dispatcher.close();
    }

    /** As ConfigAdmin: stores, and tells the component later, on a thread of its own. */
    private ConfigurationAdmin admin() {
        final Configuration configuration = fake(Configuration.class, (method, arguments) -> switch (method) {
            case "getProperties" -> copy(stored);
            case "update" -> {
                if (full) {
                    throw new IOException("no space left on device");
                }
                stored = copy((Dictionary<?, ?>) arguments[0]);
                writes.incrementAndGet();
                if (delivers) {
                    dispatcher.execute(this::deliver);
                }
                yield null;
            }
            default -> throw new UnsupportedOperationException(method);
        });
        return fake(ConfigurationAdmin.class, (method, arguments) -> {
            assertThat(arguments).containsExactly("vhost.assignments", "?");
            return configuration;
        });
    }

    private static Dictionary<String, Object> copy(final Dictionary<?, ?> from) {
        if (from == null) {
            return null;
        }
        final Hashtable<String, Object> to = new Hashtable<>();
        Collections.list(from.keys()).forEach(key -> to.put((String) key, from.get(key)));
        return to;
    }

    private void deliver() {
        final Map<String, Object> merged = new HashMap<>(file);
        merged.put("service.pid", List.of("vhost.engines"));
        merged.put("component.name", "engines");
        final Dictionary<String, Object> now = stored;
        if (now != null) {
            Collections.list(now.keys()).forEach(key -> merged.put(key, now.get(key)));
        }
        engines.configure(merged);
    }

    private interface Answer {
        Object to(String method, Object[] arguments) throws IOException;
    }

    private static <T> T fake(final Class<T> type, final Answer answer) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(),
                new Class<?>[] {type},
                (proxy, method, arguments) -> answer.to(method.getName(), arguments)));
    }

    @Test
    void shouldWishWithoutAnyConfiguration() {
        assertThat(engines.wanted()).isEqualTo("cpu-inline");
        assertThat(engines.threshold()).isEqualTo(1024);
        assertThat(engines.rules()).isEmpty();
    }

    @Test
    void shouldHoldWhatWasAssignedWhenTheCallReturns() throws Exception {
        engines.assign("p/*", "dsa0", 4096);
        assertThat(engines.wish("p/rx0").engine()).isEqualTo("dsa0");
        engines.threshold("p/rx0", VhostEngines.AUTO);
        assertThat(engines.wish("p/rx0").threshold()).isEqualTo(VhostEngines.AUTO);
        engines.assign("*/*", "cpu-worker");
        assertThat(engines.wish("p/tx0").engine()).isEqualTo("cpu-worker");
        assertThat(engines.rules())
                .containsExactly(
                        new Rule("p/*", "-", "4096", true),
                        new Rule("p/rx0", "-", "auto", true),
                        new Rule("*/*", "cpu-worker", "-", true));
        engines.forgetAssigned();
        assertThat(engines.rules()).isEmpty();
        assertThat(engines.wish("p/rx0").engine()).isEqualTo("cpu-inline");
    }

    @Test
    void shouldPutWhatWasAssignedAfterTheFile() throws Exception {
        file.put("engine", "builtin");
        file.put("threshold", "2k");
        file.put("assignments", "p/rx0 dsa0 -, */tx0 dsa1 auto");
        deliver();
        engines.assign("p/*", "cpu-worker");
        assertThat(engines.wish("p/rx0").engine()).isEqualTo("cpu-worker");
        assertThat(engines.wish("p/tx0").threshold()).isEqualTo(VhostEngines.AUTO);
        assertThat(engines.wish("q/rx0").engine()).isEqualTo(VhostEngines.BUILTIN);
        file.put("threshold", 77);
        file.put("assignments", new String[] {"q/* dsa2 1"});
        deliver();
        assertThat(engines.wish("p/rx0").threshold()).isEqualTo(77);
        assertThat(engines.wish("p/rx0").engine())
                .as("read again, the file undoes nothing")
                .isEqualTo("cpu-worker");
        assertThat(engines.wish("q/rx0").engine()).isEqualTo("dsa2");
    }

    /** News of our own changes come late, and must not undo what was assigned after them. */
    @Test
    void shouldNotHeedWhatItSaidItself() throws Exception {
        delivers = false;
        engines.assign("p/rx0", "dsa0", 1);
        final Dictionary<String, Object> first = copy(stored);
        engines.assign("p/rx0", "dsa1", 2);
        file.put("threshold", "9");
        deliver();
        assertThat(engines.wish("p/rx0").engine()).isEqualTo("dsa1");
        assertThat(engines.threshold()).isEqualTo(9);
        engines.close();
        assertThat((String[]) stored.get(".rules")).containsExactly("p/rx0 dsa1 2");
        stored = first;
        deliver();
        assertThat(engines.wish("p/rx0").engine()).isEqualTo("dsa1");
    }

    @Test
    void shouldTakeWhatOthersWriteIntoTheConfiguration() throws Exception {
        engines.assign("p/rx0", "dsa0", 1);
        engines.assign("p/rx0", "dsa1", 1);
        dispatcher.submit(() -> {}).get();
        stored.put(".rules", new String[] {"p/* cpu-worker 7"});
        deliver();
        assertThat(engines.wish("p/rx0").engine()).isEqualTo("cpu-worker");
        engines.assign("p/tx0", "dsa2");
        assertThat(engines.rules()).hasSize(2);
        stored = null;
        deliver();
        assertThat(engines.rules()).as("the configuration was deleted").isEmpty();
    }

    @Test
    void shouldBeQuickEnoughForManyChanges() throws Exception {
        final long begin = System.nanoTime();
        for (int i = 0; i < 2000; i++) {
            engines.assign("p/rx" + i % 4, "engine" + i % 3, i);
        }
        assertThat(System.nanoTime() - begin).isLessThan(10_000_000_000L);
        engines.close();
        assertThat(writes).as("those that follow closely go together").hasValueLessThan(200);
        assertThat((String[]) stored.get(".rules")).hasSize(4);
        assertThat(stored.get(".revision")).isEqualTo(2000L);
    }

    @Test
    void shouldStoreTheLastOfManyChangesByItself() throws Exception {
        engines.assign("p/rx0", "a", 1);
        assertThat(writes).as("one alone is stored at once").hasValue(1);
        engines.assign("p/rx0", "b", 2);
        engines.assign("p/rx0", "c", 3);
        assertThat(writes).hasValue(1);
        while (writes.get() == 1) {
            Thread.sleep(10);
        }
        assertThat((String[]) stored.get(".rules")).containsExactly("p/rx0 c 3");
        assertThat(writes).hasValue(2);
    }

    @Test
    void shouldSayWhyAWishIsNotFulfilled() throws Exception {
        assertThatThrownBy(() -> engines.assign("p rx0", "cpu", 1)).hasMessageStartingWith("pattern 'p rx0'; use");
        assertThatThrownBy(() -> engines.assign("p/rx0", "a,b", 1)).hasMessageStartingWith("engine 'a,b'");
        assertThatThrownBy(() -> engines.threshold("*", -2)).hasMessageStartingWith("threshold -2; use");
        assertThatThrownBy(() -> engines.explain("p/rx0")).hasMessageStartingWith("no queue 'p/rx0'");
        assertThat(stored).isNull();
        full = true;
        assertThatThrownBy(() -> engines.assign("p/rx0", "a"))
                .isInstanceOf(VhostException.class)
                .hasMessage("the wish cannot be kept: no space left on device");
        assertThat(engines.rules()).isEmpty();
        full = false;
        engines.unbindConfigurations(null);
        engines.bindConfigurations(null);
        assertThatThrownBy(() -> engines.assign("p/rx0", "a")).hasMessageContaining("no ConfigurationAdmin");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "threshold       | many       | threshold 'many'; use 0 to",
                "overflow        | drop       | overflow 'drop'; use cpu or wait",
                "deadline.millis | 0          | deadline.millis '0'; use 1 to 500",
                "deadline.millis | soon       | deadline.millis 'soon'; use 1 to",
                "assignments     | p/* cpu    | rule 'p/* cpu'; write PATTERN ENGINE THRESHOLD",
                "assignments     | p cpu x    | threshold 'x'; use 0 to",
            })
    void shouldLeaveWhatWasWhereAFileHasATypo(final String key, final String value, final String complaint) {
        final Map<String, Object> good = Map.of("engine", "dsa0", "assignments", "p/* dsa1 5", "threshold", "9");
        final EnginesConfig before = EnginesConfig.DEFAULT.read(good, this::fail, this::fail);
        final Map<String, Object> bad = new HashMap<>(Map.of("engine", "dsa2", ".rules", "q/* dsa3 1"));
        bad.put(key, value);
        bad.put("felix.fileinstall.filename", "file:/conf/vhost.engines.cfg");
        final List<String> errors = new ArrayList<>();
        final EnginesConfig after = before.read(bad, errors::add, this::fail);
        assertThat(errors)
                .singleElement()
                .asString()
                .startsWith("file:/conf/vhost.engines.cfg: " + complaint)
                .endsWith("; what was configured before stays");
        assertThat(after.stated()).isEqualTo(before.stated());
        assertThat(after.settings().assignments().engine()).isEqualTo("dsa0");
        assertThat(after.assigned())
                .as("what was assigned is another configuration")
                .hasSize(1);
    }

    private void fail(final String line) {
        throw new AssertionError(line);
    }

    @Test
    void shouldNameKeysThatNobodyReads() {
        final List<String> lines = new ArrayList<>();
        EnginesConfig.DEFAULT.read(
                Map.of("treshold", "5", "service.pid", "x", "component.id", 3L), this::fail, lines::add);
        assertThat(lines)
                .containsExactly("vhost.engines: nobody reads treshold; there are assignments, deadline.millis, engine,"
                        + " overflow, threshold");
    }
}
