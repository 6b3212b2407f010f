package launcher;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** The platforms that this user runs: each has a name, a locked folder and a control socket. */
final class Instances {
    /** The name of the control socket in an instance's folder. */
    static final String CONTROL = "control";

    /** What fits into the address of a Unix socket. */
    private static final int MAX_SOCKET_BYTES = 107;

    private static final String LOCK = "lock";
    private static final int ATTEMPTS = 20;

    private final Places places;

    Instances(Places places) {
        this.places = places;
    }

    /** The names of those that run. */
    List<String> running() {
        try (Stream<Path> folders = Files.list(places.runtime())) {
            return folders.filter(folder -> Files.exists(folder.resolve(CONTROL)) && isLocked(folder))
                    .map(folder -> folder.getFileName().toString())
                    .sorted()
                    .toList();
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException e) {
            throw new Failure("cannot list " + places.runtime() + ": " + e.getMessage());
        }
    }

    /** The control socket of the running instance {@code wanted}, or where that is null, of the only one. */
    Path control(String wanted) {
        List<String> names = running();
        if (names.isEmpty()) {
            throw new Failure("no platform is running; start one with './vhost run' or './vhost forward'");
        }
        if (wanted == null && names.size() > 1) {
            throw new Failure("several platforms are running; choose one: "
                    + String.join(
                            ", ", names.stream().map("--instance "::concat).toList()));
        }
        if (wanted != null && !names.contains(wanted)) {
            throw new Failure("no platform '" + wanted + "' is running; running: " + String.join(", ", names));
        }
        return places.runtime()
                .resolve(wanted == null ? names.getFirst() : wanted)
                .resolve(CONTROL);
    }

    /** Takes the name: makes the instance's folder and holds its lock until {@link Instance#close()}. */
    Instance create(String name) {
        if (!name.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,63}")) {
            throw new Failure(
                    Failure.USAGE,
                    "instance name '" + name + "': use 1 to 64 letters, digits, dots, dashes or underscores");
        }
        Path folder = Places.ownerOnly(places.runtime()).resolve(name);
        if (folder.resolve(CONTROL).toString().getBytes().length > MAX_SOCKET_BYTES) {
            throw new Failure(folder.resolve(CONTROL) + " is too long for a socket's path; use a shorter --instance,"
                    + " or set XDG_RUNTIME_DIR to a shorter folder");
        }
        sweep();
        return new Instance(name, folder, places.state().resolve(name), lock(name, folder));
    }

    /** Removes what killed instances left. */
    private void sweep() {
        try (Stream<Path> folders = Files.list(places.runtime())) {
            folders.filter(folder -> Files.exists(folder.resolve(LOCK))).forEach(folder -> {
                FileChannel lock = tryLock(folder);
                if (lock != null) {
                    delete(folder);
                    close(lock);
                }
            });
        } catch (IOException e) {
            throw new Failure("cannot list " + places.runtime() + ": " + e.getMessage());
        }
    }

    /** Another process may hold the lock for a moment to look at it, or may just remove a folder left behind. */
    private static FileChannel lock(String name, Path folder) {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            Places.ownerOnly(folder);
            FileChannel lock = tryLock(folder);
            if (lock != null) {
                return lock;
            }
            if (Files.exists(folder.resolve(CONTROL))) {
                break;
            }
            pause();
        }
        throw new Failure("a platform '" + name + "' is running already; attach with './vhost shell --instance " + name
                + "', or choose another --instance");
    }

    private static void pause() {
        try {
            Thread.sleep(10);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static boolean isLocked(Path folder) {
        FileChannel lock = tryLock(folder);
        close(lock);
        return lock == null;
    }

    /** The open, locked file, which is still the folder's; or null where somebody else holds it. */
    private static FileChannel tryLock(Path folder) {
        Path file = folder.resolve(LOCK);
        FileChannel channel = null;
        try {
            channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            FileLock lock = channel.tryLock();
            if (lock != null && Files.exists(file)) {
                return channel;
            }
        } catch (IOException | OverlappingFileLockException e) {
            // Somebody else's, or just being removed: not ours either way.
            close(channel);
            return null;
        }
        close(channel);
        return null;
    }

    private static void close(FileChannel channel) {
        try {
            if (channel != null) {
                channel.close();
            }
        } catch (IOException e) {
            throw new Failure("cannot close a lock: " + e.getMessage());
        }
    }

    /** Removes a folder and what is in it. Follows no links; what cannot be removed stays. */
    static void delete(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted(Comparator.reverseOrder())
                    .forEach(file -> file.toFile().delete());
        } catch (IOException | java.io.UncheckedIOException e) {
            // Somebody else removes it too.
            return;
        }
    }

    /** A name that this process holds. */
    record Instance(String name, Path folder, Path state, FileChannel lock) implements AutoCloseable {
        /** Removes the instance's folder, then gives the name back. */
        @Override
        public void close() {
            delete(folder);
            Instances.close(lock);
        }
    }
}
