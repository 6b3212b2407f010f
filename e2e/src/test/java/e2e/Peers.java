package e2e;

import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Which real peers this host has. Without them tests are skipped; in CI they fail. */
final class Peers {
    private static final Path CACHE =
            Path.of(System.getenv().getOrDefault("VHOST_PEERS_CACHE", "/var/cache/vhost-e2e"));
    private static final Path HUGE_PAGES = Path.of("/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages");
    /** What a front-end takes, with room for two. */
    private static final int NEEDED_HUGE_PAGES = 128;

    private Peers() {}

    static boolean isCi() {
        return "true".equals(System.getenv("CI")) || Boolean.getBoolean("ci");
    }

    static void requireDpdk() {
        require(isOnPath("dpdk-testpmd"), "dpdk-testpmd is missing");
        require(hugePages() >= NEEDED_HUGE_PAGES, "there are no " + NEEDED_HUGE_PAGES + " huge pages of 2 MiB");
    }

    static void requireSequence() {
        requireDpdk();
        Stream.of("sequence", "pace")
                .forEach(name -> require(isCompiled(name), "there is no " + name + " of this source in " + CACHE));
    }

    /** A program whose source is in {@code e2e/peers}. */
    static Path compiled(final String name) {
        return CACHE.resolve(name);
    }

    static void requireGuests() {
        require(isOnPath("qemu-system-x86_64"), "qemu-system-x86_64 is missing");
        require(Files.exists(CACHE.resolve("initramfs.cpio")), "there is no guest in " + CACHE);
    }

    /** For tests that need the rights of root, such as to mount. */
    static void requireRoot() {
        require("root".equals(System.getProperty("user.name")), "only root can do this");
    }

    /** For tests of what the drivers say where there is nothing; skipped elsewhere. */
    static void requireNoDmaHardware() {
        if (Files.exists(Path.of("/sys/bus/dsa/devices")) || Files.exists(Path.of("/sys/bus/pci/drivers/ioatdma"))) {
            abort("this host may have DSA or CBDMA");
        }
    }

    static Path script(final String name) {
        return Platform.ROOT.resolve("e2e/peers").resolve(name);
    }

    private static void require(final boolean there, final String complaint) {
        if (there) {
            return;
        }
        final String line = complaint + "; 'e2e/peers/install.sh', as root, installs the peers";
        if (isCi()) {
            fail(line);
        }
        abort(line);
    }

    private static boolean isCompiled(final String name) {
        final Path source = CACHE.resolve(name + ".c");
        try {
            return Files.isExecutable(compiled(name))
                    && Files.exists(source)
                    && Files.mismatch(script(name + ".c"), source) < 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean isOnPath(final String program) {
        return Stream.of(System.getenv("PATH").split(":"))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
    }

    private static int hugePages() {
        try {
            return Files.exists(HUGE_PAGES)
                    ? Integer.parseInt(Files.readString(HUGE_PAGES).strip())
                    : 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
