package vhost.core.internal.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import vhost.core.api.VhostEngines;
import vhost.core.api.VhostEngines.Wish;
import vhost.core.internal.device.Assignments.Rule;

/** Which rule counts for which queue, and that a short list of rules says what the long one said. */
class AssignmentsTest {
    private static List<Rule> rules(final String... texts) {
        List<Rule> rules = List.of();
        for (final String text : texts) {
            rules = Assignments.with(rules, Rule.of(text));
        }
        return rules;
    }

    @ParameterizedTest
    @CsvSource({
        "*, port0/rx0, true",
        "port0/rx0, port0/rx0, true",
        "port0/rx0, port0/rx01, false",
        "port*/rx*, port0/rx0, true",
        "*/rx*, port0/tx0, false",
        "*0/*0, port0/tx10, true",
        "*rx*rx*, port0/rx0, false",
        "p*t, port0/rx0, false",
        "a*a, a, false",
        "a*a, aa, true",
    })
    void shouldMatchNamesWithStars(final String pattern, final String text, final boolean matches) {
        assertThat(Assignments.matches(pattern, text)).isEqualTo(matches);
    }

    @Test
    void shouldLetTheLastRuleThatSaysSomethingWin() {
        final Assignments assignments = new Assignments(
                "cpu", 1024, Assignments.parse("p/* dsa -, */rx* - auto, p/rx0 cpu-worker 4k, */tx1 builtin -"));
        assertThat(assignments.wish("p/rx0")).isEqualTo(new Wish("cpu-worker", 4096, "rule 'p/rx0 cpu-worker 4096'"));
        assertThat(assignments.wish("p/rx1"))
                .isEqualTo(new Wish(
                        "dsa", VhostEngines.AUTO, "engine by rule 'p/* dsa -', threshold by rule '*/rx* - auto'"));
        assertThat(assignments.wish("q/tx0")).isEqualTo(new Wish("cpu", 1024, "default"));
        assertThat(assignments.wish("p/tx1").engine()).isEqualTo(VhostEngines.BUILTIN);
        assertThat(assignments.engines()).containsExactly("cpu", "dsa", "cpu-worker");
    }

    @Test
    void shouldDropWhatANewRuleMakesVoid() {
        assertThat(rules("p/rx0 a 1", "p/rx1 b 2", "p/rx* c 3")).containsExactly(Rule.of("p/rx* c 3"));
        assertThat(rules("p/rx0 a 1", "p/rx* c -")).containsExactly(Rule.of("p/rx0 - 1"), Rule.of("p/rx* c -"));
        assertThat(rules("p/rx0 a -", "p/rx* - 5", "p/rx0 b -"))
                .containsExactly(Rule.of("p/rx* - 5"), Rule.of("p/rx0 b -"));
        assertThat(rules("p/* a 1", "p/rx0 b 2")).hasSize(2);
    }

    @Test
    void shouldStayShortHoweverOftenItIsChanged() {
        List<Rule> rules = List.of();
        for (int i = 0; i < 10_000; i++) {
            rules = Assignments.with(rules, Rule.of("port" + i % 4 + "/*x" + i % 3 + " engine" + i % 7 + " " + i));
        }
        assertThat(rules).hasSize(12);
    }

    /** Whatever rules are added: the list that was kept short says the same of every queue as all of them in order. */
    @Test
    void shouldSayWithFewerRulesWhatAllOfThemSay() {
        final Random random = new Random(20261122);
        for (int round = 0; round < 3000; round++) {
            final List<Rule> all = new ArrayList<>();
            List<Rule> few = List.of();
            for (int i = 0; i < 8; i++) {
                final Rule rule = random(random);
                all.add(rule);
                few = Assignments.with(few, rule);
            }
            for (int i = 0; i < 50; i++) {
                final String name = word(random, "ab/", 1 + random.nextInt(5));
                final Wish kept = new Assignments("cpu", 1, few).wish(name);
                final Wish meant = new Assignments("cpu", 1, all).wish(name);
                assertThat(kept.engine()).as("%s: %s of %s", name, few, all).isEqualTo(meant.engine());
                assertThat(kept.threshold()).as("%s: %s of %s", name, few, all).isEqualTo(meant.threshold());
            }
        }
    }

    private static Rule random(final Random random) {
        final int says = random.nextInt(3);
        return new Rule(
                word(random, "ab/**", 1 + random.nextInt(4)),
                says == 0 ? null : "e" + random.nextInt(3),
                says == 1 ? null : random.nextInt(3) + 10);
    }

    private static String word(final Random random, final String letters, final int length) {
        final StringBuilder word = new StringBuilder();
        for (int i = 0; i < length; i++) {
            word.append(letters.charAt(random.nextInt(letters.length())));
        }
        return word.toString();
    }

    @Test
    void shouldReadWhatItWrites() {
        for (final String text : List.of("* cpu 1024", "port0/rx* - auto", "a.b_c-d/tx0 dsa0/wq0.1 -")) {
            assertThat(Rule.of(text)).hasToString(text);
        }
        assertThat(Assignments.parse(" a/* x 1 ,, b/* y 2,")).hasToString("[a/* x 1, b/* y 2]");
        assertThat(Assignments.parse("")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"p/* cpu", "p/* cpu 1 2", "p/? cpu 1", "p/* cpu -2", "p/* cpu 1m", "p/* cpu 3000000k"})
    void shouldSayInOneLineWhatIsWrongWithARule(final String text) {
        assertThatThrownBy(() -> Rule.of(text))
                .isInstanceOf(IllegalArgumentException.class)
                .message()
                .containsAnyOf("such as", "use letters")
                .doesNotContain("\n");
    }
}
