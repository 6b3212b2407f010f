package launcher;

import java.io.PrintWriter;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.TypeConversionException;
import picocli.CommandLine.UnmatchedArgumentException;

/** The command {@code vhost}. */
@Command(
        name = "vhost",
        description = "A vhost-user net back-end that copies with DMA engines.",
        versionProvider = Version.class,
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        commandListHeading = "%nCommands:%n",
        subcommands = {
            Run.class,
            Forward.class,
            Demo.class,
            Bench.class,
            Shell.class,
            Exec.class,
            Doctor.class,
            Version.class,
            HelpCommand.class
        })
public final class Main {
    private Main() {}

    public static void main(String[] arguments) {
        int status = run(new PrintWriter(System.out, true), new PrintWriter(System.err, true), arguments);
        System.out.flush();
        // Not return: bundles may have left threads.
        System.exit(status);
    }

    /** Does what {@code arguments} say and returns the exit status. */
    static int run(PrintWriter out, PrintWriter err, String... arguments) {
        CommandLine line = new CommandLine(new Main())
                .setOut(out)
                .setErr(err)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setUsageHelpAutoWidth(true)
                .setParameterExceptionHandler((e, words) -> {
                    err.println("vhost: " + explain(e));
                    return Failure.USAGE;
                })
                .setExecutionExceptionHandler((e, command, result) -> {
                    err.println("vhost: " + Failures.reason(e));
                    return e instanceof Failure failure ? failure.status() : 1;
                });
        // The options that follow exec's first word are those of the shell's command.
        line.getSubcommands().get("exec").setStopAtPositional(true);
        if (arguments.length == 0) {
            line.usage(out);
            return 0;
        }
        return line.execute(arguments);
    }

    /** One line: what is wrong, what was probably meant, and where to read on. */
    private static String explain(ParameterException e) {
        CommandLine command = e.getCommandLine();
        boolean top = command.getParent() == null;
        String help = "; see './vhost help" + (top ? "" : " " + command.getCommandName()) + "'";
        if (e instanceof UnmatchedArgumentException unmatched) {
            String word = unmatched.getUnmatched().getFirst();
            String kind = word.startsWith("-") ? "option" : top ? "command" : "argument";
            List<String> near =
                    unmatched.getSuggestions().stream().map(Main::lastWord).toList();
            return "unknown " + kind + " '" + word + "'"
                    + (near.isEmpty() ? "" : ", did you mean " + String.join(" or ", near) + "?") + help;
        }
        if (e instanceof MissingParameterException missing
                && !missing.getMissing().isEmpty()) {
            return "missing " + missing.getMissing().getFirst().paramLabel() + help;
        }
        if (e.getCause() instanceof TypeConversionException && e.getArgSpec() instanceof OptionSpec option) {
            return option.longestName() + " '" + e.getValue() + "' is not a number" + help;
        }
        return Failures.reason(e) + help;
    }

    /** picocli suggests commands with their parents' names. */
    private static String lastWord(String suggestion) {
        return suggestion.substring(suggestion.lastIndexOf(' ') + 1);
    }
}
