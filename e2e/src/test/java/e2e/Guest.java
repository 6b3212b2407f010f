package e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A Linux guest in QEMU; its console takes shell commands. */
final class Guest implements AutoCloseable {
    /** Emulated, on processors that others use too. */
    private static final Duration BOOT = Duration.ofSeconds(120);

    private static final String READY = "guest: ready\n";
    private static final Pattern STATUS = Pattern.compile("guest: status (\\d+)\n");

    private final Child child;
    private final int number;
    private int seen;

    private Guest(final Child child, final int number) {
        this.child = child;
        this.number = number;
    }

    /** Starts guest {@code number}, with the address 10.0.0.NUMBER; {@link #awaitBoot()} waits for it. */
    static Guest start(final Path socket, final int number, final String... options) {
        final List<String> command = new ArrayList<>(List.of(
                Peers.script("guest.sh").toString(),
                "--socket",
                socket.toString(),
                "--ip",
                "10.0.0." + number + "/24",
                "--mac",
                String.format("52:54:00:00:00:%02x", number)));
        command.addAll(List.of(options));
        return new Guest(Child.start("guest" + number, Map.of(), command), number);
    }

    String ip() {
        return "10.0.0." + number;
    }

    String mac() {
        return String.format("52:54:00:00:00:%02x", number);
    }

    boolean isAlive() {
        return child.isAlive();
    }

    Child child() {
        return child;
    }

    /** Waits until it takes commands, for the first time or again after {@link #reboot()}. */
    Guest awaitBoot() {
        Waiting.until("guest " + number + " boots", BOOT, () -> find(READY) || !isAlive(), child::transcript);
        assertThat(isAlive()).as(child.transcript()).isTrue();
        return this;
    }

    private boolean find(final String text) {
        final String console = child.out();
        final int at = console.indexOf(text, seen);
        if (at < 0) {
            return false;
        }
        seen = at + text.length();
        return true;
    }

    /** Runs a command, one line of shell, and returns what it printed; it must succeed. */
    String run(final Duration limit, final String command) {
        final Child.Result result = tryRun(limit, command);
        assertThat(result.status())
                .as("status of '%s' in guest %d:%n%s", command, number, result.out())
                .isZero();
        return result.out();
    }

    /** Runs a command, however it ends. */
    Child.Result tryRun(final Duration limit, final String command) {
        begin(command);
        return await(limit);
    }

    /** Begins a command, and leaves it alone until {@link #await}. */
    void begin(final String command) {
        child.type(command);
    }

    Child.Result await(final Duration limit) {
        final int begin = seen;
        final Matcher[] found = new Matcher[1];
        final String[] console = new String[1];
        Waiting.until(
                "guest " + number + " answers",
                limit,
                () -> {
                    console[0] = child.out();
                    found[0] = STATUS.matcher(console[0]);
                    return found[0].find(begin) || !isAlive();
                },
                child::transcript);
        assertThat(isAlive()).as(child.transcript()).isTrue();
        seen = found[0].end();
        return new Child.Result(Integer.parseInt(found[0].group(1)), console[0].substring(begin, found[0].start()), "");
    }

    /** Resets the machine as a crash would: QEMU goes on, the guest boots again. */
    void reboot() {
        child.type("reboot -f");
        awaitBoot();
    }

    /**
     * Resets the machine at once, under whatever traffic there is: no driver gets a last word. {@link #reboot()} would give
     * it one, and there Linux may spin for ever where transmitted packets come back just then, until its commit 0d0eff39ceb3
     * (virtio_ring: fix infinite loop in virtnet_poll_cleantx when device is broken).
     */
    void crash() {
        child.type("echo b > /proc/sysrq-trigger");
        awaitBoot();
    }

    /** SIGKILL to QEMU. */
    void kill() {
        child.kill();
    }

    @Override
    public void close() {
        // It has nothing to save.
        if (child.isAlive()) {
            child.kill();
        }
    }
}
