package launcher;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import launcher.Finding.Verdict;
import launcher.Session.Kind;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

@Command(
        name = "doctor",
        description = {
            "Say what this host offers, what is missing, and how to mend it.",
            "  ok        is there and can be used",
            "  -         is not there; all works without it",
            "  UNUSABLE  is there and cannot be used as it is",
            "  MISSING   is needed",
            "Exits with 1 where something is MISSING, else with 0: packets need no DMA engine.",
            "What it says of engines it has from their bundles, those in deploy/ included; these start for it, but"
                    + " no port does."
        })
final class Doctor implements Callable<Integer> {
    /** What does not have to run to tell how engines stand. */
    private static final Map<String, Integer> LEVELS = Stream.of(
                    "vhost.core", "vhost.switching", "vhost.demo", "launcher", "org.apache.felix.gogo.command")
            .collect(Collectors.toMap(bundle -> bundle, bundle -> Platform.NEVER));

    @Mixin
    private LogOption log;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        List<Finding> findings = new ArrayList<>(new Host(Path.of("/")).findings());
        findings.addAll(engines());
        print(findings);
        return findings.stream().anyMatch(finding -> finding.verdict() == Verdict.MISSING) ? 1 : 0;
    }

    /** What the bundles say of their engines. */
    private List<Finding> engines() {
        Home home = Home.find();
        // Its table is not to be interrupted.
        log.apply(home, LogOption.Level.WARN);
        try {
            String name = "doctor-" + ProcessHandle.current().pid();
            Session session = Session.open(home, name, Kind.PASSING, home.startLevels(LEVELS), List.of());
            try {
                return ((List<?>) session.platform().ask("doctor"))
                        .stream().map(Doctor::finding).toList();
            } finally {
                session.close();
            }
        } catch (Failure e) {
            return List.of(new Finding(Verdict.MISSING, "platform", e.getMessage(), ""));
        }
    }

    /** A row of the bundle {@code vhost.shell}, whose classes are not known here: verdict, what, state, remedy. */
    private static Finding finding(Object row) {
        List<String> cells = ((List<?>) row).stream().map(String::valueOf).toList();
        return new Finding(Verdict.valueOf(cells.get(0)), cells.get(1), cells.get(2), cells.get(3));
    }

    private void print(List<Finding> findings) {
        int width = findings.stream().mapToInt(f -> f.what().length()).max().orElse(0);
        String format = "%-8s  %-" + width + "s  %s%s%n";
        for (Finding finding : findings) {
            spec.commandLine().getOut().printf(format, finding.verdict().word(), finding.what(), "", finding.state());
            if (!finding.remedy().isEmpty()) {
                spec.commandLine().getOut().printf(format, "", "", "-> ", finding.remedy());
            }
        }
    }
}
