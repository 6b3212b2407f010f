package e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Each side ends without warning, and comes back: traffic comes back too, by itself. */
@Timeout(240)
class RecoveryIT {
    private static final Duration SHORT = Duration.ofSeconds(30);

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
