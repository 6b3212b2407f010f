package vhost.shell.internal;

import dma.api.DmaDiagnosis;
import dma.api.DmaDiagnosis.Finding;
import dma.api.DmaDiagnosis.Verdict;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceReference;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import vhost.shell.internal.Usage.Arguments;

/** What the bundles of engines say of this host: in the shell, and as rows of plain words to {@code ./vhost doctor}. */
@Component(
        service = {DoctorCommand.class, Callable.class},
        property = {"osgi.command.scope=vhost", "osgi.command.function=doctor", "vhost.main=doctor"})
@Command.Says(
        usage = "doctor",
        description = "what engines' bundles find on this host, and how to mend what cannot be used")
public final class DoctorCommand extends Command implements Callable<List<List<String>>> {
    private static final Map<Verdict, String> WORDS =
            Map.of(Verdict.OK, "ok", Verdict.ABSENT, "-", Verdict.UNUSABLE, "UNUSABLE");

    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final BundleContext context;

    @Activate
    public DoctorCommand(BundleContext context) {
        this.context = context;
    }

    @Override
    Object execute(Arguments arguments) {
        List<Finding> findings = findings();
        if (findings.isEmpty()) {
            return "no bundle has anything to say";
        }
        int width = findings.stream().mapToInt(f -> f.what().length()).max().orElseThrow();
        return findings.stream().map(finding -> lines(finding, width)).collect(Collectors.joining("\n"));
    }

    /** As {@code ./vhost doctor} shows it: what mends it is a line of its own. */
    private static String lines(Finding finding, int width) {
        String format = "%-8s  %-" + width + "s  %s";
        String line = format.formatted(WORDS.get(finding.verdict()), finding.what(), finding.state());
        return finding.remedy().isEmpty() ? line : line + "\n" + format.formatted("", "", "-> " + finding.remedy());
    }

    /** Verdict, what, state and remedy of each finding. */
    @Override
    public List<List<String>> call() {
        return findings().stream()
                .map(finding -> List.of(finding.verdict().name(), finding.what(), finding.state(), finding.remedy()))
                .toList();
    }

    private List<Finding> findings() {
        Examination examination = new Examination(PATIENCE);
        for (ServiceReference<DmaDiagnosis> reference : references()) {
            Bundle bundle = reference.getBundle();
            if (bundle != null) {
                examination.ask(bundle.getSymbolicName(), () -> examine(reference));
            }
        }
        return examination.findings();
    }

    private List<ServiceReference<DmaDiagnosis>> references() {
        try {
            // The longest there first.
            return context.getServiceReferences(DmaDiagnosis.class, null).stream()
                    .sorted(Comparator.reverseOrder())
                    .toList();
        } catch (InvalidSyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    private List<Finding> examine(ServiceReference<DmaDiagnosis> reference) {
        DmaDiagnosis diagnosis = context.getService(reference);
        try {
            // It may just have gone.
            return diagnosis == null ? List.of() : diagnosis.examine();
        } finally {
            context.ungetService(reference);
        }
    }
}
