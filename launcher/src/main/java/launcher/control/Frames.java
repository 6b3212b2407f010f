package launcher.control;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;

/**
 * Frames on a control socket: one reader, any number of writers.
 *
 * <pre>
 *  0      1          5
 *  | type | length   | that many bytes |     length big-endian
 * </pre>
 *
 * A client begins with {@link #EXEC} or {@link #SHELL}; the platform answers with output frames and ends with {@link
 * #STATUS}. After that of a command line the client may send the next one: they share a session.
 */
public final class Frames implements Closeable {
    /** To the platform: a command line to execute. */
    public static final char EXEC = 'e';

    /** To the platform: open a shell for a terminal, {@code TYPE COLUMNS ROWS}. */
    public static final char SHELL = 's';

    /** To the platform: what was typed. */
    public static final char INPUT = 'i';

    /** To the platform: the terminal's new size, {@code COLUMNS ROWS}. */
    public static final char SIZE = 'w';

    /** To the client: what was printed. */
    public static final char OUTPUT = 'o';

    /** To the client: what was printed as an error. */
    public static final char ERROR = 'r';

    /** To the client, the last frame of an answer: the exit status, in decimal. */
    public static final char STATUS = 'q';

    /** The longest frame. */
    public static final int MAX_BYTES = 1 << 20;

    private static final int BUFFER_BYTES = 8192;

    private final SocketChannel channel;
    private final DataInputStream in;
    private final DataOutputStream out;

    public Frames(SocketChannel channel) {
        this.channel = channel;
        this.in = new DataInputStream(new BufferedInputStream(Channels.newInputStream(channel)));
        this.out = new DataOutputStream(new BufferedOutputStream(Channels.newOutputStream(channel)));
    }

    /** The next frame, or null where the other side has closed. */
    public Frame read() throws IOException {
        int type = in.read();
        if (type < 0) {
            return null;
        }
        int length = in.readInt();
        if (length < 0 || length > MAX_BYTES) {
            throw new IOException("a frame of " + length + " bytes on the control socket");
        }
        byte[] bytes = in.readNBytes(length);
        if (bytes.length < length) {
            throw new EOFException("the control socket closed within a frame");
        }
        return new Frame((char) type, bytes);
    }

    public void write(char type, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        write(type, bytes, 0, bytes.length);
    }

    public synchronized void write(char type, byte[] bytes, int from, int length) throws IOException {
        if (length > MAX_BYTES) {
            throw new IOException("too long for one frame: " + length + " bytes");
        }
        out.writeByte(type);
        out.writeInt(length);
        out.write(bytes, from, length);
        out.flush();
    }

    /** A stream whose bytes travel as frames of {@code type}. Buffered: flush it. */
    public OutputStream stream(char type) {
        return new BufferedOutputStream(
                new OutputStream() {
                    @Override
                    public void write(int b) throws IOException {
                        Frames.this.write(type, new byte[] {(byte) b}, 0, 1);
                    }

                    @Override
                    public void write(byte[] bytes, int from, int length) throws IOException {
                        for (int done = 0; done < length; done += BUFFER_BYTES) {
                            Frames.this.write(type, bytes, from + done, Math.min(BUFFER_BYTES, length - done));
                        }
                    }
                },
                BUFFER_BYTES);
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    /**
     * One frame.
     *
     * @param type one of the constants of {@link Frames}
     */
    public record Frame(char type, byte[] bytes) {
        /** Its bytes as text. */
        public String text() {
            return new String(bytes, StandardCharsets.UTF_8);
        }
    }
}
