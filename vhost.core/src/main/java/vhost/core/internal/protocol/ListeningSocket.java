package vhost.core.internal.protocol;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayDeque;
import java.util.Queue;
import org.newsclub.net.unix.AFUNIXServerSocketChannel;
import org.newsclub.net.unix.AFUNIXSocketAddress;
import org.newsclub.net.unix.AFUNIXSocketChannel;
import org.newsclub.net.unix.ConnectionRefusedSocketException;
import org.newsclub.net.unix.FileDescriptorCast;
import vhost.core.api.VhostException;

/** The socket that a port listens on, with its file. Opened by any thread, then the port's thread only. */
final class ListeningSocket implements AutoCloseable {
    /** {@code sun_path} has 108 bytes, the last one for a zero. */
    static final int MAX_PATH_BYTES = 107;

    private static final int BACKLOG = 8;
    private static final int S_IFMT = 0170000;
    private static final int S_IFSOCK = 0140000;

    private static final long ROOT = 0;

    private final AFUNIXServerSocketChannel channel;

    /** Who connected before the file's mode was set, and may. */
    private final Queue<AFUNIXSocketChannel> early = new ArrayDeque<>();

    private final Path path;
    private final Identity identity;
    private final int socket;

    private ListeningSocket(final AFUNIXServerSocketChannel channel, final Path path) throws IOException {
        this.channel = channel;
        this.path = path;
        identity = Identity.of(path);
        socket = FileDescriptorCast.using(channel.getFileDescriptor()).as(Integer.class);
    }

    /** Makes the file, and its directory where only that is missing, and listens. Only this user can connect. */
    static ListeningSocket open(final String port, final Path path) throws VhostException {
        checkLength(port, path);
        createDirectory(port, path.getParent());
        removeStale(port, path);
        try {
            return bind(path);
        } catch (IOException e) {
            throw new VhostException(
                    "port " + port + ": cannot listen on " + path + ": " + reason(e) + "; make " + path.getParent()
                            + " writable for this user, or choose another path",
                    e);
        }
    }

    static void checkLength(final String port, final Path path) throws VhostException {
        final int length = path.toString().getBytes(Charset.defaultCharset()).length;
        if (length > MAX_PATH_BYTES) {
            throw new VhostException("port " + port + ": the socket's path has " + length + " bytes, sockets take "
                    + MAX_PATH_BYTES + " at most; choose a shorter one than " + path);
        }
    }

    private static void createDirectory(final String port, final Path directory) throws VhostException {
        if (Files.isDirectory(directory)) {
            return;
        }
        try {
            Files.createDirectory(
                    directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        } catch (IOException e) {
            throw new VhostException(
                    "port " + port + ": cannot create the socket's directory " + directory + ": " + reason(e)
                            + "; create it, or choose another path",
                    e);
        }
    }

    /** junixsocket would connect to what is there, and wait for as long as its backlog is full; so nothing may be. */
    private static void removeStale(final String port, final Path path) throws VhostException {
        try {
            final int mode = (Integer) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS);
            if ((mode & S_IFMT) != S_IFSOCK) {
                throw new VhostException("port " + port + ": " + path
                        + " exists and is not a socket; remove it, or choose another path");
            }
            if (isServed(path)) {
                throw new VhostException("port " + port + ": socket " + path
                        + " is in use by a running process; stop it or choose another path");
            }
            Files.deleteIfExists(path);
        } catch (NoSuchFileException e) {
            // as it should be
        } catch (IOException e) {
            throw new VhostException(
                    "port " + port + ": cannot replace the old socket " + path + ": " + reason(e)
                            + "; remove it, or choose another path",
                    e);
        }
    }

    /** Whether somebody listens there, though its backlog may be full. */
    private static boolean isServed(final Path path) throws IOException {
        try (AFUNIXSocketChannel probe = AFUNIXSocketChannel.open()) {
            probe.configureBlocking(false);
            probe.connect(AFUNIXSocketAddress.of(path));
            return true;
        } catch (ConnectionRefusedSocketException e) {
            return false;
        }
    }

    private static ListeningSocket bind(final Path path) throws IOException {
        final AFUNIXServerSocketChannel channel = AFUNIXServerSocketChannel.open();
        try {
            channel.setDeleteOnClose(false);
            channel.configureBlocking(false);
            // Otherwise it would move a socket away that somebody made since we looked.
            channel.socket().setReuseAddress(false);
            channel.bind(AFUNIXSocketAddress.of(path), BACKLOG);
            final ListeningSocket socket = new ListeningSocket(channel, path);
            socket.restrict();
            return socket;
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    /**
     * junixsocket lets all users connect at first. Of those who did in that moment only such stay as can connect later too:
     * a front-end that waited for the file is not sent away.
     */
    private void restrict() throws IOException {
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
        final long owner = (Integer) Files.getAttribute(path, "unix:uid");
        AFUNIXSocketChannel next = channel.accept();
        while (next != null) {
            final long user = next.getPeerCredentials().getUid();
            if (user == owner || user == ROOT) {
                early.add(next);
            } else {
                next.close();
            }
            next = channel.accept();
        }
    }

    /** The next front-end that wants to connect; null where there is none. Port's thread. */
    AFUNIXSocketChannel accept() throws IOException {
        final AFUNIXSocketChannel first = early.poll();
        return first != null ? first : channel.accept();
    }

    /** The descriptor, to wait for; still owned by this object. */
    int socket() {
        return socket;
    }

    /** Removes the file too, unless somebody has put another one in its place. */
    @Override
    public void close() throws IOException {
        try {
            if (identity.equals(Identity.of(path))) {
                Files.deleteIfExists(path);
            }
        } catch (NoSuchFileException e) {
            // Somebody removed it.
        } finally {
            for (final AFUNIXSocketChannel waiting : early) {
                waiting.close();
            }
            channel.close();
        }
    }

    /**
     * Which file it is. Its inode alone would not tell: file systems give the number of a removed file to the next one. The
     * time of its birth stays when somebody changes owner or mode.
     */
    private record Identity(Object inode, FileTime birth, boolean isSocket) {
        static Identity of(final Path path) throws IOException {
            final BasicFileAttributes attributes =
                    Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            return new Identity(attributes.fileKey(), attributes.creationTime(), attributes.isOther());
        }
    }

    /** What happened, without the path that the message names already. */
    private static String reason(final IOException e) {
        if (e instanceof AccessDeniedException) {
            return "permission denied";
        }
        if (e instanceof NoSuchFileException) {
            return "no such file or directory";
        }
        if (e instanceof FileSystemException failure && failure.getReason() != null) {
            return failure.getReason();
        }
        return e.getMessage() == null ? e.toString() : e.getMessage();
    }
}
