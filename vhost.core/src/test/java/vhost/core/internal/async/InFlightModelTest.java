package vhost.core.internal.async;

import static org.assertj.core.api.Assertions.assertThat;

import dma.api.Completions;
import dma.api.CopyBatch;
import dma.api.CopyStatus;
import dma.api.DmaLimits;
import java.lang.foreign.Arena;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import linux.Memory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import vhost.core.internal.async.CopyChannel.Overflow;
import vhost.core.internal.testing.FakeDriver;
import vhost.core.internal.testing.FakeEngine;
import vhost.core.internal.testing.Layout;
import vhost.core.internal.testing.Pattern;
import vhost.core.internal.testing.RingFixture;
import vhost.core.internal.testing.RingFixture.Setup;

/**
 * Every sequence of {@value #DEPTH} steps of the machine made of packets in flight, dispatcher and channels, against a model
 * that knows nothing but: a packet is complete when each of its copies is settled, and the ring shows the complete prefix.
 */
class InFlightModelTest {
    private static final int DEPTH = 6;
    private static final int THRESHOLD = 50;
    private static final int AREA = 256;

    /** Copies a channel holds at most; two packets of the largest kind do not fit. */
    private static final int IN_FLIGHT = 3;

    private enum Step {
        SUBMIT,
        COMPLETE_NEWEST,
        COMPLETE_OLDEST,
        FAIL_OLDEST,
        SWAP,
        HALT_OLDEST,
        LOSE_OLDEST,
        LOOK,
        TAKE
    }

    /** How a packet lies in buffers: the sizes of these, and the data's. Copies are shorter or longer than the threshold. */
    private enum Kind {
        ONE_ENGINE_COPY(100, 200),
        CORE_AND_ENGINE(100, 60, 64),
        CORE_ONLY(30, 60),
        TWO_ENGINE_COPIES(130, 80, 80);

        private final int length;
        private final int[] buffers;

        Kind(final int length, final int... buffers) {
            this.length = length;
            this.buffers = buffers;
        }
    }

    /** An engine that makes a copy in the moment it is told to report it. */
    private final class Engine extends FakeEngine.Channel {
        private final Deque<long[]> accepted = new ArrayDeque<>();
        private final Deque<Integer> toReport = new ArrayDeque<>();
        private boolean halted;
        private boolean stops;

        Engine() {
            super("model");
        }

        @Override
        public int transferData(final CopyBatch batch) {
            for (int i = batch.first(); i < batch.end(); i++) {
                accepted.add(new long[] {batch.source(i), batch.destination(i), batch.length(i)});
                packetAt(batch.destination(i)).open++;
            }
            return batch.end() - batch.first();
        }

        @Override
        public int completedCopies(final Completions completions) {
            if (halted) {
                return CopyStatus.HALTED;
            }
            int count = 0;
            for (; !toReport.isEmpty(); count++) {
                final int status = toReport.remove();
                final long[] copy = accepted.remove();
                packetAt(copy[1]).open--;
                if (status == CopyStatus.OK) {
                    Memory.copy(copy[0], copy[1], copy[2]);
                    completions.succeeded(1);
                } else {
                    completions.failed(status);
                }
            }
            return count;
        }

        @Override
        public boolean abort() {
            super.abort();
            if (stops) {
                accepted.forEach(copy -> packetAt(copy[1]).open--);
                accepted.clear();
            }
            return stops;
        }

        boolean isAlive() {
            return !halted;
        }

        boolean has(final int more) {
            return accepted.size() > toReport.size() + more - 1;
        }
    }

    /** A packet of the model. */
    private static final class Sent {
        private int sequence;
        private Kind kind;
        private long packet;
        private long area;
        private long ours;
        private int[] ids;
        private int open;
    }

    private RingFixture x;
    private int sequence;
    private Arena arena;
    private final List<Sent> sent = new ArrayList<>();
    private final List<Engine> engines = new ArrayList<>();
    private final List<CopyChannel> channels = new ArrayList<>();
    private int shown;
    private int taken;
    private boolean lost;

    @ParameterizedTest
    @EnumSource(Layout.class)
    void shouldShowTheCompletePrefixAfterEachSequenceOfSteps(final Layout layout) {
        try (RingFixture fixture =
                Setup.receive(layout).size(layout == Layout.SPLIT ? 16 : 15).open()) {
            x = fixture;
            final Step[] all = Step.values();
            final int[] digits = new int[DEPTH];
            long runs = 0;
            boolean more = true;
            while (more) {
                run(digits, all);
                runs++;
                int at = DEPTH - 1;
                while (at >= 0 && ++digits[at] == all.length) {
                    digits[at--] = 0;
                }
                more = at >= 0;
            }
            assertThat(runs).isEqualTo((long) Math.pow(all.length, DEPTH));
            assertThat(x.pool.inUse()).isZero();
        }
    }

    private void run(final int[] digits, final Step[] all) {
        sent.clear();
        engines.clear();
        channels.clear();
        shown = 0;
        taken = 0;
        lost = false;
        try (Arena confined = Arena.ofConfined()) {
            arena = confined;
            swap();
            for (final int digit : digits) {
                step(all[digit]);
            }
            end();
        } catch (AssertionError | RuntimeException e) {
            throw new AssertionError(
                    "after "
                            + Arrays.stream(digits)
                                    .mapToObj(digit -> all[digit])
                                    .toList(),
                    e);
        }
    }

    private void step(final Step step) {
        switch (step) {
            case SUBMIT -> submit();
            case COMPLETE_NEWEST -> report(engines.getLast(), CopyStatus.OK);
            case COMPLETE_OLDEST -> report(oldest(), CopyStatus.OK);
            case FAIL_OLDEST -> report(oldest(), CopyStatus.FAILED);
            case SWAP -> swap();
            case HALT_OLDEST -> halt(true);
            case LOSE_OLDEST -> halt(false);
            case LOOK -> look();
            case TAKE -> take();
        }
    }

    private void submit() {
        if (lost) {
            return; // the ring has stopped
        }
        final Sent next = new Sent();
        next.sequence = sequence++;
        next.kind = Kind.values()[sent.size() % Kind.values().length];
        next.area = x.free() + (long) AREA * sent.size();
        next.ours = x.ours(next.area);
        Memory.fill(x.ram.at(next.area), AREA, (byte) 0);
        next.ids = new int[next.kind.buffers.length];
        long at = next.area;
        for (int i = 0; i < next.ids.length; i++) {
            next.ids[i] = x.driver.add(at, next.kind.buffers[i]);
            at += next.kind.buffers[i];
        }
        next.packet = x.pool.take(next.kind.length);
        Pattern.write(next.packet, next.sequence, next.kind.length);
        sent.add(next);
        assertThat(x.receive.submit(new long[] {next.packet}, 0, 1, false)).isEqualTo(1);
        show();
    }

    private Sent packetAt(final long destination) {
        for (final Sent each : sent) {
            if (destination >= each.ours && destination < each.ours + AREA) {
                return each;
            }
        }
        throw new AssertionError("a copy to nowhere");
    }

    private Engine oldest() {
        return engines.stream()
                .filter(engine -> engine.isAlive() && engine.has(1))
                .findFirst()
                .orElse(engines.getLast());
    }

    private static void report(final Engine engine, final int status) {
        if (engine.isAlive() && engine.has(1)) {
            engine.toReport.add(status);
        }
    }

    private void swap() {
        final Engine engine = new Engine();
        final CopyChannel channel =
                Channels.channel(arena, engine, new DmaLimits(1 << 20, IN_FLIGHT, 1, true, false), Overflow.CPU);
        assertThat(x.copies.use(channel, THRESHOLD)).isTrue();
        engines.add(engine);
        channels.add(channel);
    }

    private void halt(final boolean stops) {
        final Engine engine = oldest();
        engine.stops = stops;
        engine.halted = true;
    }

    private void look() {
        x.copies.reap(x.inFlight, false);
        lost |= x.copies.takeQuarantine();
        show();
    }

    private void show() {
        x.inFlight.publish(x.ring);
        x.ring.publish();
        while (shown < sent.size() && sent.get(shown).open == 0) {
            assertShown(sent.get(shown));
            shown++;
        }
        assertThat(x.driver.pollUsed()).as("nothing else is used").isEqualTo(-1);
    }

    private void assertShown(final Sent packet) {
        int unread = packet.kind.length + x.headerBytes;
        for (int i = 0; i < packet.ids.length; i++) {
            final long used = x.driver.pollUsed();
            assertThat(FakeDriver.id(used)).isEqualTo(packet.ids[i]);
            final int written = Math.min(unread, packet.kind.buffers[i]);
            assertThat(FakeDriver.length(used)).isEqualTo(written);
            unread -= written;
        }
        final byte[] data = new byte[packet.kind.length];
        x.ram.read(packet.area + x.headerBytes, data, 0, data.length);
        assertThat(data).isEqualTo(Pattern.of(packet.sequence, packet.kind.length));
    }

    private void take() {
        final int count = x.inFlight.take(x.packets, 0, x.packets.length);
        for (int i = 0; i < count; i++) {
            assertThat(x.packets[i]).isEqualTo(sent.get(taken + i).packet);
            x.pool.free(x.packets[i]);
        }
        taken += count;
        assertThat(taken).isEqualTo(shown);
    }

    /** The ring stops: what can end does, and nothing stays behind. */
    private void end() {
        x.copies.use(null, 0);
        for (final Engine engine : engines) {
            while (engine.isAlive() && engine.has(1)) {
                engine.toReport.add(CopyStatus.OK);
            }
        }
        look();
        take();
        assertThat(x.copies.outstanding()).isZero();
        assertThat(channels).allMatch(CopyChannel::isReleased);
        for (int i = 0; i < channels.size(); i++) {
            assertThat(channels.get(i).isQuarantined())
                    .isEqualTo(!engines.get(i).accepted.isEmpty());
            assertThat(engines.get(i).aborts).isEqualTo(channels.get(i).failure() == null ? 0 : 1);
        }
        final List<Sent> rest = sent.subList(shown, sent.size());
        assertThat(lost).isEqualTo(!rest.isEmpty());
        final long withheld = rest.stream().filter(packet -> packet.open != 0).count();
        assertThat(x.inFlight.giveUp()).isEqualTo((int) withheld);
        final int count = x.inFlight.take(x.packets, 0, x.packets.length);
        assertThat(count).isEqualTo(rest.size() - (int) withheld);
        assertThat(x.inFlight.count()).isZero();
        // The driver resets its device: its buffers are its own again, and so are our packets.
        for (final Sent packet : rest) {
            x.pool.free(packet.packet);
            for (final int id : packet.ids) {
                x.ring.pushUsed(id, 1, 0);
            }
        }
        x.ring.publish();
        while (x.driver.pollUsed() != -1) {
            // all of them
        }
    }
}
