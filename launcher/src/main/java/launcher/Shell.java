package launcher;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import launcher.control.ControlClient;
import launcher.control.RemoteShell;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "shell",
        description = "Open a shell in the running platform; Ctrl-D or 'exit' leaves it. Without a terminal,"
                + " execute the commands of standard input.")
final class Shell implements Callable<Integer> {
    @Option(names = "--instance", paramLabel = "NAME", description = "which platform (default: the only one)")
    private String instance;

    @Override
    public Integer call() {
        Path socket = new Instances(Places.ofUser()).control(instance);
        try (ControlClient client = ControlClient.connect(socket)) {
            if (System.console() != null && System.console().isTerminal()) {
                return RemoteShell.run(client);
            }
            String script = new String(System.in.readAllBytes(), StandardCharsets.UTF_8);
            return client.execute(script, System.out, System.err);
        } catch (IOException e) {
            throw new Failure("lost the platform at " + socket + ": " + Failures.reason(e));
        }
    }
}
