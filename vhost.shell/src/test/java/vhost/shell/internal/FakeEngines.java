package vhost.shell.internal;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import vhost.core.api.VhostEngines;
import vhost.core.api.VhostException;

/** Engines by name, which only remember what was wished; a wish without stars is fulfilled where the engine is ok. */
final class FakeEngines implements VhostEngines {
    /** Names and states. */
    final Map<String, String> states = new TreeMap<>();

    final List<String> changes = new ArrayList<>();
    final List<Swap> swaps = new ArrayList<>();
    final List<Rule> rules = new ArrayList<>();
    final FakePorts ports;
    ThresholdReport report;

    FakeEngines(FakePorts ports) {
        this.ports = ports;
    }

    @Override
    public List<EngineView> engines() {
        return states.entrySet().stream()
                .map(engine -> new EngineView(
                        engine.getKey(), "t", "software", -1, 1, 1, true, "b", engine.getValue(), 3, 4, List.of()))
                .toList();
    }

    @Override
    public String wanted() {
        return "cpu";
    }

    @Override
    public int threshold() {
        return AUTO;
    }

    @Override
    public List<Rule> rules() {
        return rules;
    }

    @Override
    public Wish wish(String name) {
        return new Wish(
                ports.wished.getOrDefault(name, BUILTIN),
                ports.thresholds.getOrDefault(name, 0) < 0 ? AUTO : ports.thresholds.getOrDefault(name, 0),
                "test");
    }

    @Override
    public void assign(String pattern, String engine) throws VhostException {
        changes.add(pattern + " " + engine);
        ports.wished.put(pattern, engine);
        if ("ok".equals(states.get(engine))) {
            ports.engines.put(pattern, engine);
        }
    }

    @Override
    public void assign(String pattern, String engine, int threshold) throws VhostException {
        assign(pattern, engine);
        threshold(pattern, threshold);
    }

    @Override
    public void threshold(String pattern, int threshold) throws VhostException {
        changes.add(pattern + " " + threshold);
        ports.thresholds.put(pattern, threshold);
    }

    @Override
    public void forgetAssigned() {
        rules.removeIf(Rule::assigned);
    }

    @Override
    public List<Swap> swaps(int max) {
        return swaps.subList(0, Math.min(max, swaps.size()));
    }

    @Override
    public long swapCount() {
        return 1000;
    }

    @Override
    public ThresholdReport explain(String name) {
        return report;
    }

    static Swap swap(long number, long drainMicros) {
        return new Swap(
                number,
                Instant.EPOCH,
                "a/rx0",
                "cpu",
                1024,
                "dsa",
                AUTO,
                "assigned",
                12,
                drainMicros,
                0,
                0,
                0,
                "",
                false);
    }
}
