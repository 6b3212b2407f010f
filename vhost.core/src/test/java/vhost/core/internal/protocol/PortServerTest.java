package vhost.core.internal.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static vhost.core.internal.protocol.PortFixture.awaitTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.newsclub.net.unix.AFUNIXServerSocketChannel;
import org.newsclub.net.unix.AFUNIXSocketAddress;
import org.newsclub.net.unix.AFUNIXSocketChannel;
import vhost.core.api.VhostException;

/** Socket files, one front-end after the other, connecting and closing. */
@Timeout(60)
class PortServerTest {
    /** Less than the wait between attempts to connect, and far more than it takes on a busy machine. */
    private static final long PROMPT_MILLIS = 800;

    @TempDir
    Path directory;

    private PortFixture listen(final Path socket) throws VhostException {
        return new PortFixture(socket, false, 1);
    }

    private static void assertRefused(final ThrowingCallable call, final String message) {
        assertThatThrownBy(call).isInstanceOf(VhostException.class).hasMessage(message);
    }

    private static AFUNIXServerSocketChannel serve(final Path socket) throws Exception {
        final AFUNIXServerSocketChannel channel = AFUNIXServerSocketChannel.open();
        channel.setDeleteOnClose(false);
        channel.bind(AFUNIXSocketAddress.of(socket), 1);
        return channel;
    }

    @Test
    void shouldLetOnlyItsUserConnect() throws Exception {
        try (PortFixture port = listen(directory.resolve("p0.sock"))) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(port.socket())))
                    .isEqualTo("rw-------");
        }
    }

    @Test
    void shouldCreateTheDirectoryForItsUserOnly() throws Exception {
        try (PortFixture port = listen(directory.resolve("a/p0.sock"))) {
            assertThat(PosixFilePermissions.toString(
                            Files.getPosixFilePermissions(port.socket().getParent())))
                    .isEqualTo("rwx------");
        }
    }

    @Test
    void shouldRemoveItsSocketFile() throws Exception {
        final PortFixture port = listen(directory.resolve("p0.sock"));
        assertThat(port.socket()).exists();
        port.close();
        port.close();
        assertThat(port.socket()).doesNotExist();
    }

    @Test
    void shouldLeaveAFileThatTookThePlaceOfItsOwn() throws Exception {
        final PortFixture port = listen(directory.resolve("p0.sock"));
        Files.delete(port.socket());
        Files.writeString(port.socket(), "not the port's");
        port.close();
        assertThat(port.socket()).hasContent("not the port's");
    }

    @Test
    void shouldReplaceAStaleSocket() throws Exception {
        final Path socket = directory.resolve("p0.sock");
        serve(socket).close();
        assertThat(socket).exists();
        try (PortFixture port = listen(socket);
                RawFrontend frontend = port.connect()) {
            frontend.barrier();
        }
    }

    @Test
    void shouldRefuseALiveSocket() throws Exception {
        final Path socket = directory.resolve("p0.sock");
        try (PortFixture port = listen(socket)) {
            assertRefused(
                    () -> listen(socket),
                    "port p0: socket " + socket + " is in use by a running process; stop it or choose another path");
            try (RawFrontend frontend = port.connect()) {
                frontend.barrier();
            }
        }
    }

    /** A plain connect would wait for as long as nobody accepts. */
    @Test
    void shouldRefuseALiveSocketThatAcceptsNobody() throws Exception {
        final Path socket = directory.resolve("p0.sock");
        final AFUNIXSocketChannel[] waiting = new AFUNIXSocketChannel[8];
        try (AFUNIXServerSocketChannel busy = serve(socket)) {
            for (int i = 0; i < waiting.length; i++) {
                waiting[i] = AFUNIXSocketChannel.open();
                waiting[i].configureBlocking(false);
                waiting[i].connect(AFUNIXSocketAddress.of(socket));
            }
            assertRefused(
                    () -> listen(socket),
                    "port p0: socket " + socket + " is in use by a running process; stop it or choose another path");
            assertThat(busy.isOpen()).isTrue();
        }
        for (final AFUNIXSocketChannel channel : waiting) {
            channel.close();
        }
    }

    @Test
    void shouldRefuseAPathThatIsNoSocket() throws Exception {
        final Path file = Files.writeString(directory.resolve("p0.sock"), "precious");
        assertRefused(
                () -> listen(file),
                "port p0: " + file + " exists and is not a socket; remove it, or choose another path");
        assertThat(file).hasContent("precious");
    }

    @Test
    void shouldRefuseAPathTooLong() {
        final Path socket = Path.of("/tmp/" + "x".repeat(103));
        assertRefused(
                () -> listen(socket),
                "port p0: the socket's path has 108 bytes, sockets take 107 at most; choose a shorter one than "
                        + socket);
        assertRefused(
                () -> new PortFixture(socket, true, 1),
                "port p0: the socket's path has 108 bytes, sockets take 107 at most; choose a shorter one than "
                        + socket);
    }

    @Test
    void shouldCountThePathInBytes() {
        final Path socket = Path.of("/tmp/" + "ä".repeat(60));
        assertRefused(
                () -> listen(socket),
                "port p0: the socket's path has 125 bytes, sockets take 107 at most; choose a shorter one than "
                        + socket);
    }

    @Test
    void shouldTakeTheLongestPath() throws Exception {
        final int length = 107 - directory.toString().length() - 1;
        try (PortFixture port = listen(directory.resolve("x".repeat(length)));
                RawFrontend frontend = port.connect()) {
            frontend.barrier();
        }
    }

    /** Nobody can make files there, not even root. */
    @Test
    void shouldRefuseADirectoryThatTakesNoFiles() {
        assertRefused(
                () -> listen(Path.of("/proc/p0.sock")),
                "port p0: cannot listen on /proc/p0.sock: No such file or directory; make /proc writable for this"
                        + " user, or choose another path");
    }

    @Test
    void shouldRefuseADirectoryThatCannotBeMade() {
        assertRefused(
                () -> listen(Path.of("/proc/vhost/p0.sock")),
                "port p0: cannot create the socket's directory /proc/vhost: no such file or directory; create it, or "
                        + "choose another path");
    }

    @Test
    void shouldCreateOneDirectoryOnly() {
        assertRefused(
                () -> listen(directory.resolve("a/b/p0.sock")),
                "port p0: cannot create the socket's directory " + directory
                        + "/a/b: no such file or directory; create it, or choose another path");
        assertThat(directory.resolve("a")).doesNotExist();
    }

    @Test
    void shouldRefuseAFileInPlaceOfTheDirectory() throws Exception {
        final Path file = Files.createFile(directory.resolve("file"));
        assertThatThrownBy(() -> listen(file.resolve("sub/p0.sock")))
                .isInstanceOf(VhostException.class)
                .hasMessage("port p0: cannot create the socket's directory " + file
                        + "/sub: Not a directory; create it, or choose another path");
    }

    @Test
    void shouldServeOneFrontEndAfterTheOther() throws Exception {
        try (PortFixture port = listen(directory.resolve("p0.sock"))) {
            final RawFrontend first = port.connect();
            first.barrier();
            try (RawFrontend second = port.connect()) {
                second.send(VhostUserRequest.GET_FEATURES);
                first.barrier();
                assertThat(port.server.connections()).isEqualTo(1);
                first.close();
                assertThat(second.answer().request()).isEqualTo(1);
            }
            assertThat(port.ending()).isEqualTo("the front-end closed the connection");
            assertThat(port.ending()).isEqualTo("the front-end closed the connection");
            assertThat(port.server.connections()).isEqualTo(2);
            assertThat(port.device.calls).containsExactly("connected", "disconnected", "connected", "disconnected");
        }
    }

    @Test
    void shouldCloseAtOnceWhileNobodyIsConnected() throws Exception {
        final PortFixture port = listen(directory.resolve("p0.sock"));
        final long start = System.nanoTime();
        port.close();
        assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start)).isLessThan(PROMPT_MILLIS);
    }

    @Test
    void shouldCloseAtOnceWhileAFrontEndIsConnected() throws Exception {
        final PortFixture port = listen(directory.resolve("p0.sock"));
        try (RawFrontend frontend = port.connect()) {
            frontend.barrier();
            final long start = System.nanoTime();
            port.close();
            assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start)).isLessThan(PROMPT_MILLIS);
            assertThat(frontend.isClosedByPort()).isTrue();
        }
        assertThat(port.ending()).isEqualTo("the port was closed");
        assertThat(port.device.calls).containsExactly("connected", "disconnected");
    }

    @Test
    void shouldCloseAtOnceWhileAMessageIsIncomplete() throws Exception {
        final PortFixture port = listen(directory.resolve("p0.sock"));
        try (RawFrontend frontend = port.connect()) {
            frontend.barrier();
            frontend.sendRaw(new byte[5], 0);
            Thread.sleep(50);
            final long start = System.nanoTime();
            port.close();
            assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start)).isLessThan(PROMPT_MILLIS);
        }
    }

    @Test
    void shouldEndItsThread() throws Exception {
        listen(directory.resolve("p0.sock")).close();
        assertThat(Thread.getAllStackTraces().keySet())
                .extracting(Thread::getName)
                .doesNotContain("vhost-port-p0");
    }

    @Test
    void shouldConnectToAFrontEndThatComesLater() throws Exception {
        final Path socket = directory.resolve("qemu.sock");
        try (PortFixture port = new PortFixture(socket, true, 1)) {
            assertThat(port.complaint()).isEqualTo("No such file or directory");
            try (AFUNIXServerSocketChannel qemu = serve(socket);
                    RawFrontend frontend = new RawFrontend(qemu.accept())) {
                frontend.barrier();
                assertThat(port.server.connections()).isEqualTo(1);
            }
            assertThat(port.ending()).isEqualTo("the front-end closed the connection");
        }
        assertThat(socket).as("the front-end's own file").exists();
    }

    @Test
    void shouldConnectAgainAfterEachLoss() throws Exception {
        final Path socket = directory.resolve("qemu.sock");
        try (AFUNIXServerSocketChannel qemu = serve(socket);
                PortFixture port = new PortFixture(socket, true, 1)) {
            for (int i = 1; i <= 3; i++) {
                try (RawFrontend frontend = new RawFrontend(qemu.accept())) {
                    frontend.barrier();
                    assertThat(port.server.connections()).isEqualTo(i);
                }
                port.ending();
            }
        }
    }

    @Test
    void shouldConnectAgainToAFrontEndThatWasRestarted() throws Exception {
        final Path socket = directory.resolve("qemu.sock");
        try (PortFixture port = new PortFixture(socket, true, 1)) {
            try (AFUNIXServerSocketChannel qemu = serve(socket);
                    RawFrontend frontend = new RawFrontend(qemu.accept())) {
                frontend.barrier();
            }
            port.ending();
            awaitTrue("refused", () -> {
                try {
                    return port.complaint().equals("Connection refused");
                } catch (InterruptedException e) {
                    return false;
                }
            });
            Files.delete(socket);
            try (AFUNIXServerSocketChannel qemu = serve(socket);
                    RawFrontend frontend = new RawFrontend(qemu.accept())) {
                frontend.barrier();
            }
        }
    }

    @Test
    void shouldCloseAtOnceWhileItTriesToConnect() throws Exception {
        final PortFixture port = new PortFixture(directory.resolve("nobody.sock"), true, 1);
        port.complaint();
        final long start = System.nanoTime();
        port.close();
        assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start)).isLessThan(PROMPT_MILLIS);
    }
}
