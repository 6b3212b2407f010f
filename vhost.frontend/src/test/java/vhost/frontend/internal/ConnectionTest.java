package vhost.frontend.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;
import linux.EventFd;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConnectionTest {
    private static final Duration SHORT = Duration.ofMillis(200);
    private static final Duration LONG = Duration.ofSeconds(10);

    @TempDir
    Path folder;

    @Test
    void shouldCarryDescriptorsWithBytes() throws Exception {
        final Path path = folder.resolve("s");
        final long before = fds();
        for (int round = 0; round < 2; round++) {
            try (Connection.Listener listener = new Connection.Listener(path);
                    Connection a = Connection.connect(path, LONG);
                    Connection b = listener.accept(LONG, LONG);
                    EventFd event = EventFd.create()) {
                a.send(new byte[] {1, 2, 3}, event.fd(), event.fd());
                final byte[] got = new byte[3];
                assertTrue(b.receive(got));
                assertArrayEquals(new byte[] {1, 2, 3}, got);
                final int[] fds = b.takeFds();
                assertEquals(2, fds.length);
                assertEquals(0, b.takeFds().length);
                try (EventFd first = EventFd.adopt(fds[0]);
                        EventFd second = EventFd.adopt(fds[1])) {
                    first.signal();
                    assertTrue(event.drain());
                    event.signal();
                    assertTrue(second.drain());
                }
                b.send(new byte[] {4});
                assertTrue(a.receive(new byte[1]));
                assertEquals(0, a.takeFds().length);
            }
            assertFalse(Files.exists(path));
        }
        assertEquals(before, fds());
    }

    @Test
    void shouldTellTheEndFromSilence() throws Exception {
        final Path path = folder.resolve("s");
        try (Connection.Listener listener = new Connection.Listener(path);
                Connection a = Connection.connect(path, SHORT)) {
            final Connection b = listener.accept(LONG, LONG);
            assertThrows(SocketTimeoutException.class, () -> a.receive(new byte[1]));
            b.close();
            assertFalse(a.receive(new byte[1]));
        }
    }

    private static long fds() throws Exception {
        try (Stream<Path> entries = Files.list(Path.of("/proc/self/fd"))) {
            return entries.count();
        }
    }
}
