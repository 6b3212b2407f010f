package launcher.console;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import launcher.control.Frames;
import org.apache.felix.service.command.CommandProcessor;
import org.jline.terminal.Size;
import org.jline.terminal.Terminal;
import org.jline.terminal.Terminal.Signal;
import org.jline.terminal.impl.LineDisciplineTerminal;
import org.osgi.framework.BundleContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A shell whose terminal is a client's: keys arrive as frames, and output leaves as frames. */
final class RemoteSession {
    private static final Logger LOG = LoggerFactory.getLogger(RemoteSession.class);

    private final Frames frames;
    private final LineDisciplineTerminal terminal;

    /** For the terminal that {@code description} names: {@code TYPE COLUMNS ROWS}. */
    RemoteSession(Frames frames, String description) throws IOException {
        String[] words = description.split(" ");
        if (words.length != 3) {
            throw new IOException("a terminal '" + description + "'");
        }
        this.frames = frames;
        this.terminal = new LineDisciplineTerminal(
                "remote",
                words[0],
                frames.stream(Frames.OUTPUT),
                StandardCharsets.UTF_8,
                Terminal.SignalHandler.SIG_IGN);
        terminal.setSize(size(words[1], words[2]));
    }

    void run(CommandProcessor processor, BundleContext context) throws IOException {
        try (terminal) {
            Thread keys = new Thread(this::keys, "control client keys");
            keys.setDaemon(true);
            keys.start();
            ShellSession.run(terminal, processor, context);
            terminal.flush();
        }
        frames.write(Frames.STATUS, "0");
    }

    private void keys() {
        try {
            for (Frames.Frame frame = frames.read(); frame != null; frame = frames.read()) {
                if (frame.type() == Frames.INPUT) {
                    terminal.processInputBytes(frame.bytes());
                } else if (frame.type() == Frames.SIZE) {
                    String[] words = frame.text().split(" ");
                    terminal.setSize(size(words[0], words[words.length - 1]));
                    terminal.raise(Signal.WINCH);
                }
            }
            terminal.close();
        } catch (IOException e) {
            LOG.debug("a shell's client left: {}", e.getMessage());
        }
    }

    private static Size size(String columns, String rows) throws IOException {
        try {
            return new Size(Integer.parseInt(columns), Integer.parseInt(rows));
        } catch (NumberFormatException e) {
            throw new IOException("a terminal of " + columns + " by " + rows, e);
        }
    }
}
