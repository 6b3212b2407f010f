package bench.internal;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** The rates of all turns. */
final class Results {
    /** Of one ring, one load. */
    record Case(Direction direction, Load load) {}

    /**
     * One contender's turn.
     *
     * @param round 0, 1, 2…
     * @param rate packets a second
     * @param windows those that count
     * @param dropped those that were disturbed
     * @param engineCopies of all windows
     * @param threshold what held at its end
     * @param coreNanos a packet, of the core: without turns in which it submitted nothing and got nothing back
     * @param alignment of the destinations that a modelled device was given, the worst, bytes; 64 for more as well, 0 where
     *     it was given none
     */
    record Turn(
            int round,
            Case of,
            Contender contender,
            double rate,
            int windows,
            int dropped,
            long engineCopies,
            int threshold,
            double coreNanos,
            int alignment) {
        /** Whether every window was disturbed, so that the rate is that of disturbed ones. */
        boolean isDoubtful() {
            return windows == 0;
        }
    }

    private final List<Turn> turns = new ArrayList<>();
    private final Map<Case, Map<Contender, List<Turn>>> byCase = new HashMap<>();

    void add(final Turn turn) {
        turns.add(turn);
        byCase.computeIfAbsent(turn.of, each -> new HashMap<>())
                .computeIfAbsent(turn.contender, each -> new ArrayList<>())
                .add(turn);
    }

    /** In the order in which they were run. */
    List<Turn> turns() {
        return turns;
    }

    /** By round. */
    List<Turn> turns(final Case of, final Contender contender) {
        return byCase.getOrDefault(of, Map.of()).getOrDefault(contender, List.of());
    }

    /** Rounds 0, 2, 4… */
    Results ofEvenRounds() {
        return where(turn -> turn.round % 2 == 0);
    }

    /** Rounds 1, 3, 5…; where there is but one, that one. */
    Results ofOddRounds() {
        final Results odd = where(turn -> turn.round % 2 == 1);
        return odd.turns.isEmpty() ? this : odd;
    }

    private Results where(final Predicate<Turn> wanted) {
        final Results some = new Results();
        turns.stream().filter(wanted).forEach(some::add);
        return some;
    }

    /** Packets a second: the median over rounds, of turns with windows that count where there are any. */
    double rate(final Case of, final Contender contender) {
        return rate(of, contender, 0.5);
    }

    /** The same, another quantile. */
    double rate(final Case of, final Contender contender, final double quantile) {
        final boolean all = isDoubtful(of, contender);
        return quantile(
                turns(of, contender).stream()
                        .filter(turn -> all || !turn.isDoubtful())
                        .mapToDouble(Turn::rate)
                        .toArray(),
                quantile);
    }

    /** One contender's rate by another's in the same round: the {@code quantile} over rounds. */
    double ratio(final Case of, final Contender one, final Contender by, final double quantile) {
        final double[] clean = ratios(of, one, by, false);
        return quantile(clean.length == 0 ? ratios(of, one, by, true) : clean, quantile);
    }

    double ratio(final Case of, final Contender one, final Contender by) {
        return ratio(of, one, by, 0.5);
    }

    private double[] ratios(final Case of, final Contender one, final Contender by, final boolean doubtful) {
        final List<Turn> ones = turns(of, one);
        final List<Turn> others = turns(of, by);
        return IntStream.range(0, Math.min(ones.size(), others.size()))
                .filter(i ->
                        doubtful || !ones.get(i).isDoubtful() && !others.get(i).isDoubtful())
                .mapToDouble(i -> ones.get(i).rate / others.get(i).rate)
                .toArray();
    }

    /** Whether all windows of all its turns were disturbed. */
    boolean isDoubtful(final Case of, final Contender contender) {
        return turns(of, contender).stream().allMatch(Turn::isDoubtful);
    }

    long windows() {
        return measured().mapToLong(Turn::windows).sum();
    }

    long dropped() {
        return measured().mapToLong(Turn::dropped).sum();
    }

    private Stream<Turn> measured() {
        return turns.stream().filter(turn -> turn.contender.isMeasured());
    }

    /** Interpolated between neighbours; NaN of nothing. */
    static double quantile(final double[] values, final double quantile) {
        if (values.length == 0) {
            return Double.NaN;
        }
        final double[] sorted = values.clone();
        Arrays.sort(sorted);
        final double at = quantile * (sorted.length - 1);
        final int low = (int) at;
        final int high = Math.min(low + 1, sorted.length - 1);
        return sorted[low] + (at - low) * (sorted[high] - sorted[low]);
    }
}
