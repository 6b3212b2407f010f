package launcher.console;

import java.nio.file.Path;
import org.apache.felix.gogo.jline.Shell;
import org.apache.felix.service.command.CommandProcessor;
import org.apache.felix.service.command.CommandSession;
import org.jline.reader.LineReader;
import org.jline.terminal.Terminal;
import org.osgi.framework.BundleContext;

/**
 * An interactive shell on a terminal. The bundle gogo.jline is not started: its own activator takes the process's
 * terminal and stops the framework at the end of input.
 */
final class ShellSession {
    /** The session variable that holds what {@code exit} runs. */
    static final String EXIT = ".exit";

    private ShellSession() {}

    /** Returns when {@code exit} or the end of input ends the shell. */
    static void run(Terminal terminal, CommandProcessor processor, BundleContext context) {
        Shell shell = new Shell(new Properties(context), processor, "../conf/gosh_profile");
        try (CommandSession session = processor.createSession(terminal.input(), terminal.output(), terminal.output())) {
            session.put(Shell.VAR_TERMINAL, terminal);
            session.put("SCOPE", CommandLines.SCOPES);
            session.put(LineReader.HISTORY_FILE, Path.of(context.getProperty("vhost.state.folder"), "history"));
            session.put(EXIT, (Runnable) shell::stop);
            shell.gosh(session, new String[] {"--login", "--noshutdown", "--nohistory"});
        } catch (Exception e) {
            throw new IllegalStateException("the shell ended: " + e.getMessage(), e);
        }
    }

    /** Framework properties, among them {@code gosh.home}. */
    record Properties(BundleContext bundle) implements Shell.Context {
        @Override
        public String getProperty(String name) {
            return bundle.getProperty(name);
        }

        @Override
        public void exit() throws Exception {
            bundle.getBundle(0).stop();
        }
    }
}
