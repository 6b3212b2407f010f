package launcher;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

@Command(name = "version", description = "Print the version, and the Java that runs it.")
final class Version implements Runnable, IVersionProvider {
    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        CommandLine line = spec.commandLine();
        for (String text : getVersion()) {
            line.getOut().println(text);
        }
    }

    @Override
    public String[] getVersion() {
        Properties properties = new Properties();
        try (InputStream stream = Version.class.getResourceAsStream("version.properties")) {
            properties.load(stream);
        } catch (IOException e) {
            throw new Failure("cannot read the version: " + e.getMessage());
        }
        return new String[] {
            "vhost " + properties.getProperty("version"),
            "java " + Runtime.version() + " (" + System.getProperty("java.home") + ")"
        };
    }
}
