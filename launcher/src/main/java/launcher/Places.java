package launcher;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Set;

/**
 * Where instances live, by the rules of the XDG base directories.
 *
 * @param runtime what ends with the process: control sockets, locks, caches
 * @param state what outlives it: configuration, history
 */
record Places(Path runtime, Path state) {
    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rwx------");

    static Places ofUser() {
        return of(System.getenv(), Path.of("/tmp"), userId());
    }

    static Places of(Map<String, String> environment, Path temporary, int user) {
        String given = environment.getOrDefault("XDG_RUNTIME_DIR", "");
        Path runtime = given.startsWith("/") && Files.isWritable(Path.of(given))
                ? Path.of(given, "vhost")
                : temporary.resolve("vhost-" + user);
        String state = environment.getOrDefault("XDG_STATE_HOME", "");
        String home = environment.getOrDefault("HOME", temporary.toString());
        return new Places(runtime, Path.of(state.startsWith("/") ? state : home + "/.local/state", "vhost"));
    }

    static int userId() {
        try {
            return (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
        } catch (IOException e) {
            throw new Failure("cannot read who runs this from /proc/self: " + e.getMessage());
        }
    }

    /** Makes {@code folder} one that only its owner can enter; refuses one that somebody else has made. */
    static Path ownerOnly(Path folder) {
        try {
            if (folder.getParent() != null) {
                Files.createDirectories(folder.getParent());
            }
            try {
                Files.createDirectory(folder, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
            } catch (FileAlreadyExistsException e) {
                return checked(folder);
            }
            return folder;
        } catch (IOException e) {
            throw new Failure("cannot make " + folder + ": " + e.getMessage());
        }
    }

    private static Path checked(Path folder) throws IOException {
        if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
            throw new Failure(folder + " is not a folder; remove it, or set XDG_RUNTIME_DIR");
        }
        int owner = (Integer) Files.getAttribute(folder, "unix:uid", LinkOption.NOFOLLOW_LINKS);
        if (owner != userId()) {
            throw new Failure(folder + " belongs to user " + owner + "; set XDG_RUNTIME_DIR to a folder of yours");
        }
        if (!Files.getPosixFilePermissions(folder).equals(OWNER_ONLY)) {
            Files.setPosixFilePermissions(folder, OWNER_ONLY);
        }
        return folder;
    }
}
