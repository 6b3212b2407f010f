package launcher.control;

import java.io.IOException;
import java.io.InputStream;
import org.jline.terminal.Attributes;
import org.jline.terminal.Attributes.LocalFlag;
import org.jline.terminal.Attributes.OutputFlag;
import org.jline.terminal.Terminal;
import org.jline.terminal.Terminal.Signal;
import org.jline.terminal.TerminalBuilder;

/** Lends this process's terminal to a shell in the platform: every key goes there, all output comes from there. */
public final class RemoteShell {
    private RemoteShell() {}

    /** Returns the exit status when the shell has ended. */
    public static int run(ControlClient client) throws IOException {
        try (Terminal terminal = TerminalBuilder.builder().system(true).build()) {
            Attributes before = terminal.enterRawMode();
            try {
                // Ctrl-C and the like are the remote shell's, and its output is ready for a terminal.
                Attributes raw = terminal.getAttributes();
                raw.setLocalFlag(LocalFlag.ISIG, false);
                raw.setOutputFlag(OutputFlag.OPOST, false);
                terminal.setAttributes(raw);
                terminal.handle(Signal.WINCH, signal -> resize(client, terminal));

                client.shell(terminal.getType(), terminal.getWidth(), terminal.getHeight());
                Thread keys = new Thread(() -> keys(client, terminal.input()), "keys");
                keys.setDaemon(true);
                keys.start();
                return client.relay(terminal.output(), terminal.output());
            } finally {
                terminal.setAttributes(before);
            }
        }
    }

    private static void resize(ControlClient client, Terminal terminal) {
        try {
            client.size(terminal.getWidth(), terminal.getHeight());
        } catch (IOException e) {
            // The relay ends for the same reason, and says so.
            return;
        }
    }

    private static void keys(ControlClient client, InputStream in) {
        byte[] bytes = new byte[1024];
        try {
            for (int length = in.read(bytes); length >= 0; length = in.read(bytes)) {
                client.input(bytes, length);
            }
        } catch (IOException e) {
            // The relay ends for the same reason, and says so.
            return;
        }
    }
}
