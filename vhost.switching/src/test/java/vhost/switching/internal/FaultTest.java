package vhost.switching.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static vhost.switching.internal.Rig.A;
import static vhost.switching.internal.Rig.B;
import static vhost.switching.internal.Rig.C;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;
import vhost.switching.ForwardingMode;

/** A guest that truncates its memory makes an access to it fail anywhere in a turn; the worker stops its port and goes on. */
@ParameterizedClass
@EnumSource(Copies.class)
class FaultTest {
    private final Copies copies;

    FaultTest(Copies copies) {
        this.copies = copies;
    }

    @Test
    void shouldGoOnAfterAFault() {
        Rig rig = Rig.of(copies, ForwardingMode.SWITCH, 3);
        rig.learn();
        faulty(rig.port(1));
        rig.send(0, Frame.of(B, A, 1), Frame.of(C, A, 2), Frame.of(Frame.BROADCAST, A, 3));
        assertThatThrownBy(rig::turn).isInstanceOf(InternalError.class);
        rig.port(1).running(false);
        rig.turn();

        assertThat(rig.numbers(2)).containsExactly(2, 3);
        assertThat(rig.statistics(1).droppedNotRunning())
                .as("none where they were in flight")
                .isIn(0L, 2L);
        assertThat(rig.inUse()).isZero();
    }

    @Test
    void shouldKeepNoSegmentsAfterAFault() {
        Rig rig = Rig.of(copies, ForwardingMode.SWITCH, 2);
        rig.learn();
        faulty(rig.port(1));
        rig.send(0, new TcpFrame(false, 0, 0, 0, 9000, TcpFrame.ACK, 1).frame(1000));
        assertThatThrownBy(rig::turn).isInstanceOf(InternalError.class);
        rig.close(rig.port(1));

        assertThat(rig.inUse()).isZero();
    }

    @Test
    void shouldGoOnAfterAFaultWithWhatWasHandedOver() {
        Rig rig = new Rig(copies, ForwardingMode.SWITCH, 2);
        rig.open("p0", 1, 0);
        rig.open("p1", 1, 1);
        rig.learn();
        faulty(rig.port(1));
        rig.send(0, Frame.of(B, A, 1));
        assertThatThrownBy(rig::turn).isInstanceOf(InternalError.class);
        rig.port(1).running(false);
        rig.turns(2);

        assertThat(rig.statistics(1).droppedNotRunning())
                .as("none where it was in flight")
                .isIn(0L, 1L);
        assertThat(rig.inUse()).isZero();
    }

    private static void faulty(FakePort port) {
        port.rx[0].sink = packet -> {
            throw new InternalError("a fault occurred in an unsafe memory access operation");
        };
    }
}
