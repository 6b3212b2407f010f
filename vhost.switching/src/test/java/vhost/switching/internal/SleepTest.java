package vhost.switching.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static vhost.switching.internal.Rig.A;
import static vhost.switching.internal.Rig.B;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;
import vhost.core.api.PollTask;
import vhost.switching.ForwardingMode;

@ParameterizedClass
@EnumSource(Copies.class)
class SleepTest {
    private final Copies copies;

    SleepTest(Copies copies) {
        this.copies = copies;
    }

    @Test
    void shouldSleepUntilAKickWhenThereIsNothing() {
        Rig rig = Rig.of(copies, ForwardingMode.SWITCH, 2);
        rig.turn();
        PollTask task = rig.workers.getFirst().task();

        assertThat(task.beforeSleep()).isEqualTo(-1);
        assertThat(rig.port(0).tx[0].kicked).isTrue();
        assertThat(rig.port(1).tx[0].kicked).isTrue();
        assertThat(rig.port(0).rx[0].kicked).isFalse();

        task.afterSleep();
        assertThat(rig.port(0).tx[0].kicked).isFalse();
    }

    @Test
    void shouldNotSleepWhenAPacketCameMeanwhile() {
        Rig rig = Rig.of(copies, ForwardingMode.SWITCH, 2);
        rig.turn();
        rig.send(1, Frame.of(B, A, 1));

        assertThat(rig.workers.getFirst().task().beforeSleep()).isZero();
    }

    @Test
    void shouldSleepShortlyWhilePacketsWait() {
        Rig rig = Rig.of(copies, ForwardingMode.SWITCH, 2);
        rig.port(1).rx[0].room = 0;
        rig.send(0, Frame.of(B, A, 1), Frame.of(B, A, 2));
        rig.turn();
        PollTask task = rig.workers.getFirst().task();

        assertThat(task.beforeSleep()).isEqualTo(1);
        assertThat(rig.port(1).rx[0].kicked).as("where buffers are wanted").isTrue();
        assertThat(rig.port(0).rx[0].kicked).isFalse();
        assertThat(rig.port(0).tx[0].kicked).as("not taken from").isFalse();
        task.afterSleep();
        assertThat(rig.port(1).rx[0].kicked).isFalse();
    }

    @Test
    void shouldWaitForBuffersInTxonly() {
        Rig rig = Rig.of(copies, ForwardingMode.TXONLY, 1);
        rig.port(0).rx[0].room = 10;
        rig.send(0, Frame.of(B, A, 1));
        rig.turn();
        PollTask task = rig.workers.getFirst().task();

        assertThat(task.beforeSleep()).isEqualTo(-1);
        assertThat(rig.port(0).rx[0].kicked).isTrue();
        assertThat(rig.port(0).tx[0].kicked).isFalse();
        task.afterSleep();
        rig.port(0).rx[0].room = 1;
        assertThat(task.beforeSleep()).isZero();
    }

    @Test
    void shouldNotSpinForAPartnerThatDoesNotRun() {
        Rig rig = Rig.of(copies, ForwardingMode.IO, 2);
        rig.port(1).running(false);
        rig.send(0, Frame.of(B, A, 1));
        rig.turns(2);

        assertThat(rig.workers.getFirst().task().beforeSleep()).isEqualTo(-1);
    }

    @Test
    void shouldWakeAWorkerOnceForWhatItIsHanded() {
        Rig rig = new Rig(copies, ForwardingMode.IO, 2);
        rig.open("p0", 1, 0);
        rig.open("p1", 1, 1);
        rig.turns(2);
        FakeWorker sleeper = rig.workers.get(1);
        int before = sleeper.wakes.get();

        rig.send(0, Frame.of(B, A, 1));
        rig.turn(0);
        assertThat(sleeper.wakes).as("awake").hasValue(before);
        rig.turn(1);

        assertThat(sleeper.task().beforeSleep()).isEqualTo(-1);
        for (int i = 2; i < 5; i++) {
            rig.send(0, Frame.of(B, A, i));
            rig.turn(0);
        }
        assertThat(sleeper.wakes).as("asleep").hasValue(before + 1);
        sleeper.task().afterSleep();
        rig.turn(1);
        assertThat(rig.numbers(1)).containsExactly(1, 2, 3, 4);
    }

    @Test
    void shouldSeeWhatWasHandedOverBeforeItSleeps() {
        Rig rig = new Rig(copies, ForwardingMode.IO, 2);
        rig.open("p0", 1, 0);
        rig.open("p1", 1, 1);
        rig.turns(2);
        rig.send(0, Frame.of(B, A, 1));
        rig.turn(0);

        assertThat(rig.workers.get(1).task().beforeSleep()).isZero();
        assertThat(rig.workers.getFirst().task().beforeSleep())
                .as("packets are to come back")
                .isEqualTo(1);
        rig.pass(0);
        rig.turns(2);
        assertThat(rig.inUse()).isZero();
    }

    @Test
    void shouldWakeTheOthersWhenAQueueStarts() {
        Rig rig = new Rig(copies, ForwardingMode.IO, 2);
        rig.open("p0", 1, 0);
        rig.open("p1", 1, 1);
        rig.port(1).running(false);
        rig.turns(2);
        rig.send(0, Frame.of(B, A, 1));
        FakeWorker sleeper = rig.workers.getFirst();
        assertThat(sleeper.task().beforeSleep()).isEqualTo(-1);
        int before = sleeper.wakes.get();

        rig.port(1).running(true);
        rig.workers.get(1).turn();
        assertThat(sleeper.wakes).hasValue(before + 1);
        sleeper.task().afterSleep();
        rig.turns(2);
        assertThat(rig.numbers(1)).containsExactly(1);
        rig.turn();
    }
}
