package e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Each side ends without warning, and comes back: traffic comes back too, by itself. */
@Timeout(400)
class RecoveryIT {
    private static final Duration SHORT = Duration.ofSeconds(30);
    private static final Duration LONG = Duration.ofSeconds(120);

    /** Link down, link up, ARP; a retry each second on both sides. */
    private static final int PINGS = 40;

    private static final long MANY = 20_000;

    @Test
    void guestRebootsAndIsKilled() {
        Peers.requireGuests();
        try (Scratch scratch = new Scratch();
                Platform platform = Platform.forward(scratch, "switch", 2);
                Guest one = Guest.start(platform.socket(0), 1);
                Guest two = Guest.start(platform.socket(1), 2)) {
            one.awaitBoot();
            two.awaitBoot();
            meet(one, two);

            // In place: the same QEMU, the same connection; the rings are set up anew, or not even that.
            one.reboot();
            meet(one, two);

            two.begin("ping -c 1000 -i 0.01 -q " + one.ip() + " > /dev/null");
            one.kill();
            two.await(SHORT);
            try (Guest again = Guest.start(platform.socket(0), 1)) {
                again.awaitBoot();
                meet(again, two);
            }
            platform.stop();
        }
    }

    @Test
    void guestRebootsWithCopiesInFlight() {
        Peers.requireGuests();
        try (Scratch scratch = new Scratch();
                Platform platform = Platform.forward(scratch, "switch", 2);
                Guest one = Guest.start(platform.socket(0), 1);
                Guest two = Guest.start(platform.socket(1), 2)) {
            final Control control = platform.control();
            control.configure(
                    "vhost.engines", Map.of("engine", "cpu-worker", "threshold", "1", "deadline.millis", "500"));
            Chaos.install(control, Map.of("delay.micros", "200-3000", "reorder", "true", "partial", "0.1"));
            control.run("assign port1 '*' chaos 1");
            one.awaitBoot();
            two.awaitBoot();
            meet(one, two);

            // Long packets from a guest that does not wait for answers: there are always some on their way to the
            // other.
            two.begin("ping -c 4000 -i 0.005 -s 8000 -q " + one.ip() + " > /dev/null");
            one.crash();
            two.await(LONG);
            meet(one, two);

            one.begin("ping -c 4000 -i 0.005 -s 8000 -q " + two.ip() + " > /dev/null");
            two.crash();
            one.await(LONG);
            meet(one, two);

            two.run(SHORT, "dd if=/dev/urandom of=/tmp/blob bs=1M count=4 2> /dev/null; httpd -p 9000 -h /tmp");
            final String sum = two.run(SHORT, "sha256sum /tmp/blob | cut -c1-64");
            assertThat(one.run(
                            LONG,
                            "wget -q -O /tmp/blob http://" + two.ip()
                                    + ":9000/blob && sha256sum /tmp/blob | cut -c1-64"))
                    .isEqualTo(sum);
            assertThat(control.table("stats"))
                    .allSatisfy(row -> assertThat(Long.parseLong(row.get("BY ENGINE")))
                            .as("copies by engines at " + row.get("QUEUE"))
                            .isPositive());
            Waiting.until(
                    "nothing is in flight",
                    SHORT,
                    () -> control.sum("queues", "IN FLIGHT") == 0 && control.sum("workers", "PACKETS IN USE") == 0,
                    () -> control.run("queues\nworkers"));
            assertThat(Chaos.violations(control)).isEmpty();
            platform.stop();
        }
    }

    @Test
    void platformIsKilledUnderGuestsThatConnect() {
        Peers.requireGuests();
        try (Scratch scratch = new Scratch();
                Platform platform = Platform.forward(scratch, "switch", 2);
                Guest one = Guest.start(platform.socket(0), 1, "--reconnect");
                Guest two = Guest.start(platform.socket(1), 2, "--reconnect")) {
            one.awaitBoot();
            two.awaitBoot();
            meet(one, two);

            platform.kill();
            // It finds the sockets of the one before, with nobody behind them.
            assertThat(platform.socket(0))
                    .satisfies(socket -> assertThat(Files.exists(socket)).isTrue());
            try (Platform again = Platform.forward(scratch, "switch", 2)) {
                meet(one, two);
                again.stop();
            }
            try (Platform third = Platform.forward(scratch, "switch", 2)) {
                meet(two, one);
                third.stop();
            }
        }
    }

    @Test
    void platformIsKilledUnderGuestsThatListen() {
        Peers.requireGuests();
        try (Scratch scratch = new Scratch();
                Platform platform = Platform.forward(scratch, "switch", 2, "--client");
                Guest one = Guest.start(platform.socket(0), 1, "--server");
                Guest two = Guest.start(platform.socket(1), 2, "--server")) {
            one.awaitBoot();
            two.awaitBoot();
            meet(one, two);

            platform.kill();
            try (Platform again = Platform.forward(scratch, "switch", 2, "--client")) {
                meet(one, two);
                again.stop();
            }
        }
    }

    @Test
    void frontendIsKilledAndComesBack() {
        Peers.requireDpdk();
        try (Scratch scratch = new Scratch();
                Platform platform = Platform.forward(scratch, "macswap", 1)) {
            for (final String device : new String[] {"", ",packed_vq=1", ""}) {
                try (Testpmd testpmd = Testpmd.open("mac", device, 1, platform.socket(0))) {
                    awaitTraffic(testpmd.startWithBurst(), platform);
                    testpmd.kill();
                }
            }
            platform.stop();
        }
    }

    @Test
    void platformIsKilledUnderFrontendThatListens() {
        Peers.requireDpdk();
        try (Scratch scratch = new Scratch();
                Platform platform = Platform.forward(scratch, "macswap", 1, "--client");
                Testpmd testpmd = Testpmd.open("mac", ",server=1", 1, platform.socket(0))) {
            awaitTraffic(testpmd.startWithBurst(), platform);
            platform.kill();
            try (Platform again = Platform.forward(scratch, "macswap", 1, "--client")) {
                // What circulated was lost with the platform.
                testpmd.pause().startWithBurst();
                awaitTraffic(testpmd, again);
                again.stop();
            }
        }
    }

    private static void awaitTraffic(final Testpmd testpmd, final Platform platform) {
        final long before = testpmd.stats().getFirst().rxPackets();
        Waiting.until(
                MANY + " packets come back",
                SHORT,
                () -> testpmd.stats().getFirst().rxPackets() > before + MANY,
                () -> testpmd.child().transcript() + platform.child().transcript());
    }

    /** Waits until one reaches the other, then wants every packet answered, both ways. */
    private static void meet(final Guest one, final Guest two) {
        one.run(
                Duration.ofSeconds(2 * PINGS),
                "for i in $(seq " + PINGS + "); do ping -c 1 -W 1 " + two.ip()
                        + " > /dev/null && exit 0; done; exit 1");
        assertThat(one.run(SHORT, "ping -c 10 -i 0.1 " + two.ip())).contains(" 0% packet loss");
        assertThat(two.run(SHORT, "ping -c 10 -i 0.1 " + one.ip())).contains(" 0% packet loss");
    }
}
