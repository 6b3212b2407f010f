package launcher.console;

import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import launcher.Failures;
import org.apache.felix.gogo.runtime.CommandNotFoundException;
import org.apache.felix.service.command.CommandProcessor;
import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Converter;

/** Executes single command lines. */
final class CommandLines {
    /** The scopes in which a command without one is looked for, first to last. */
    static final String SCOPES = "vhost:gogo:*";

    private CommandLines() {}

    static CommandSession session(CommandProcessor processor, OutputStream out, OutputStream err) {
        PrintStream printer = new PrintStream(out, false, StandardCharsets.UTF_8);
        PrintStream errors = new PrintStream(err, false, StandardCharsets.UTF_8);
        CommandSession session = processor.createSession(InputStream.nullInputStream(), printer, errors);
        session.put("SCOPE", SCOPES);
        // The output may go to a file: grep and ls are to leave it plain.
        session.put("GREP_COLORS", "mt=0:fn=0:ln=0:se=0");
        session.put("LS_COLORS", "dr=0:ex=0:sl=0:ot=0");
        return session;
    }

    /** Prints the command's result to the session's console, or why it failed, in one line, to {@code err}. */
    static int execute(CommandSession session, String line, PrintStream err) {
        try {
            Object result = session.execute(line);
            PrintStream out = session.getConsole();
            if (result != null) {
                CharSequence text = session.format(result, Converter.INSPECT);
                out.print(text);
                if (text.isEmpty() || text.charAt(text.length() - 1) != '\n') {
                    out.println();
                }
            }
            out.flush();
            return 0;
        } catch (Exception e) {
            session.getConsole().flush();
            err.println("vhost: " + explain(e));
            err.flush();
            return 1;
        }
    }

    private static String explain(Exception e) {
        String reason = Failures.reason(e);
        if (e instanceof CommandNotFoundException missing) {
            return "no command '" + missing.getCommand() + "'; 'help' lists all";
        }
        // Gogo's words for arguments that fit no method.
        return reason.startsWith("Cannot coerce ") ? "wrong arguments: " + reason.substring(14) : reason;
    }
}
