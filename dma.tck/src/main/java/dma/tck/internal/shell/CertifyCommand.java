package dma.tck.internal.shell;

import dma.api.DmaEngine;
import dma.tck.Certification;
import dma.tck.Options;
import dma.tck.Report;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;

/** {@code dma:certify ENGINE}: holds an engine of this platform against the contract, beside whatever else it does. */
@Component(
        service = CertifyCommand.class,
        property = {
            "osgi.command.scope=dma",
            "osgi.command.function=certify",
            // Where the platform's own commands are listed and completed, so is this one.
            "vhost.command.usage=dma:certify ENGINE",
            "vhost.command.description=whether an engine keeps its contract, rule by rule; takes some seconds, saves a"
                    + " report"
        })
public final class CertifyCommand {
    /** Framework property: where what outlives the platform is kept. */
    private static final String STATE_FOLDER = "vhost.state.folder";

    /** Framework property: where what ends with the platform is kept; the same folder where it keeps no state. */
    private static final String RUNTIME_FOLDER = "vhost.runtime.folder";

    private static final String USAGE = "; usage: dma:certify ENGINE";

    private final Map<DmaEngine, Map<String, Object>> engines = new ConcurrentHashMap<>();
    private final Path folder;
    private final boolean lasting;

    @Activate
    public CertifyCommand(final BundleContext context) {
        final String state = context.getProperty(STATE_FOLDER);
        folder = Path.of(state == null ? "." : state, "certify").toAbsolutePath();
        lasting = state == null || !state.equals(context.getProperty(RUNTIME_FOLDER));
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    void bindEngine(final DmaEngine engine, final Map<String, Object> properties) {
        engines.put(engine, properties);
    }

    void unbindEngine(final DmaEngine engine) {
        engines.remove(engine);
    }

    /** Gogo calls it where no name was given. */
    public String certify() {
        throw new CommandException("missing ENGINE; " + names() + USAGE);
    }

    /**
     * Runs all rules.
     *
     * @return the report, and where it was saved
     * @throws CommandException where there is no such engine, or the report says that it broke a rule
     */
    public String certify(final String name) throws IOException {
        final Map.Entry<DmaEngine, Map<String, Object>> found = engines.entrySet().stream()
                .filter(each -> name.equals(each.getValue().get(DmaEngine.NAME)))
                .findFirst()
                .orElseThrow(() -> new CommandException("no engine '" + name + "'; " + names()));
        final String backing = String.valueOf(found.getValue().getOrDefault(DmaEngine.BACKING, "backing not stated"));
        final Report report = new Certification(found.getKey(), Options.of(name, backing)).run();
        // An instance that keeps no state has a folder that ends with it.
        final String saved = "saved as " + save(name, report)
                + (lasting ? "" : ", which ends with this instance; copy it to keep it");
        if (!report.isPassed()) {
            // What is thrown is printed as one line; Gogo gives each command's thread its session's output.
            System.out.println(report.text());
            throw new CommandException(report.summary() + "; " + saved);
        }
        return report.text() + "\n" + saved;
    }

    private String names() {
        return engines.isEmpty()
                ? "there is none"
                : engines.values().stream()
                        .map(properties -> String.valueOf(properties.get(DmaEngine.NAME)))
                        .sorted()
                        .collect(Collectors.joining(", ", "there are ", ""));
    }

    /** As text for people and, beside it, as a table for programs. An engine's name may have what a file's may not. */
    private Path save(final String name, final Report report) throws IOException {
        Files.createDirectories(folder);
        final String file = name.replaceAll("[^A-Za-z0-9._-]", "_");
        final Path text = folder.resolve(file + ".txt");
        Files.writeString(text, report.text() + "\n");
        Files.writeString(folder.resolve(file + ".tsv"), report.table());
        return text;
    }
}
