package launcher.console;

import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import launcher.Failures;
import org.apache.felix.gogo.runtime.CommandNotFoundException;
import org.apache.felix.gogo.runtime.Parser;
import org.apache.felix.gogo.runtime.Parser.Operator;
import org.apache.felix.gogo.runtime.Token;
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

    /**
     * Prints what each command of {@code script} results in to the session's console. The first that fails ends it; why it
     * failed goes, in one line, to {@code err}.
     */
    static int execute(CommandSession session, String script, PrintStream err) {
        try {
            for (String command : commands(script)) {
                print(session, session.execute(command));
            }
            session.getConsole().flush();
            return 0;
        } catch (Exception e) {
            session.getConsole().flush();
            err.println("vhost: " + explain(e));
            err.flush();
            return 1;
        }
    }

    /** Gogo hands out the result of a script's last command only, so each is a script of its own. */
    private static List<String> commands(String script) {
        List<String> commands = new ArrayList<>();
        StringBuilder command = new StringBuilder();
        for (Token token : new Parser(script).program().tokens()) {
            boolean separates = token instanceof Operator && (Token.eq(";", token) || Token.eq("\n", token));
            if (!separates) {
                command.append(token).append(' ');
            }
            if (separates || Token.eq("&", token)) {
                commands.add(command.toString());
                command.setLength(0);
            }
        }
        commands.add(command.toString());
        return commands;
    }

    private static void print(CommandSession session, Object result) {
        if (result != null) {
            PrintStream out = session.getConsole();
            CharSequence text = session.format(result, Converter.INSPECT);
            out.print(text);
            if (!text.isEmpty() && text.charAt(text.length() - 1) != '\n') {
                out.println();
            }
        }
    }

    private static String explain(Exception e) {
        String reason = Failures.reason(e);
        if (e instanceof CommandNotFoundException missing) {
            return "no command '" + missing.getCommand() + "'; 'help' lists all";
        }
        // Gogo's words for arguments that fit no method.
        if (reason.matches("Cannot coerce .*\\bBundle\\b.*")) {
            return reason.replaceFirst("Cannot coerce (\\w+).*", "$1")
                    + ": no such bundle; 'lb -s' lists all by id and name";
        }
        return reason.startsWith("Cannot coerce ") ? "wrong arguments: " + reason.substring(14) : reason;
    }
}
