package launcher.control;

import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;

/** The client's end of a control socket. */
public final class ControlClient implements Closeable {
    private final Frames frames;

    private ControlClient(Frames frames) {
        this.frames = frames;
    }

    public static ControlClient connect(Path socket) throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            channel.connect(UnixDomainSocketAddress.of(socket));
        } catch (IOException e) {
            channel.close();
            throw e;
        }
        return new ControlClient(new Frames(channel));
    }

    /** Lets the platform execute {@code command}; returns its exit status when it has ended. All share a session. */
    public int execute(String command, OutputStream out, OutputStream err) throws IOException {
        frames.write(Frames.EXEC, command);
        return relay(out, err);
    }

    /** Opens a shell for a terminal of that type and size. */
    void shell(String type, int columns, int rows) throws IOException {
        frames.write(Frames.SHELL, type + " " + columns + " " + rows);
    }

    void size(int columns, int rows) throws IOException {
        frames.write(Frames.SIZE, columns + " " + rows);
    }

    void input(byte[] bytes, int length) throws IOException {
        frames.write(Frames.INPUT, bytes, 0, length);
    }

    /** Copies what the platform prints until it says the status. */
    int relay(OutputStream out, OutputStream err) throws IOException {
        while (true) {
            Frames.Frame frame = frames.read();
            if (frame == null) {
                throw new IOException("it closed the connection");
            }
            switch (frame.type()) {
                case Frames.OUTPUT -> {
                    out.write(frame.bytes());
                    out.flush();
                }
                case Frames.ERROR -> {
                    err.write(frame.bytes());
                    err.flush();
                }
                case Frames.STATUS -> {
                    return Integer.parseInt(frame.text());
                }
                default -> throw new IOException("it sent a frame of type '" + frame.type() + "'");
            }
        }
    }

    @Override
    public void close() throws IOException {
        frames.close();
    }
}
