package launcher;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import launcher.control.ControlClient;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "exec",
        description = "Let the running platform execute a shell command, and print what it prints.",
        footer = "%nFor example: ./vhost exec ports")
final class Exec implements Callable<Integer> {
    @Parameters(arity = "1..*", paramLabel = "COMMAND", description = "shell commands, as typed in './vhost shell'")
    private List<String> words;

    @Option(names = "--instance", paramLabel = "NAME", description = "which platform (default: the only one)")
    private String instance;

    @Override
    public Integer call() {
        Path socket = new Instances(Places.ofUser()).control(instance);
        try (ControlClient client = ControlClient.connect(socket)) {
            return client.execute(String.join(" ", words), System.out, System.err);
        } catch (IOException e) {
            throw new Failure("lost the platform at " + socket + ": " + Failures.reason(e));
        }
    }
}
