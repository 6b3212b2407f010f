package vhost.demo.internal;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The table of the engines, and what is wrong with it. */
final class EngineReport {
    private static final String LINE = "%-18s %-12s %7s %13s %11s %9s %10s%n";

    private final Contenders contenders;
    private final EngineAccounts accounts;
    private final List<String> queues;

    /** @param queues all that the engines had to serve */
    EngineReport(final Contenders contenders, final EngineAccounts accounts, final List<String> queues) {
        this.contenders = contenders;
        this.accounts = accounts;
        this.queues = queues;
    }

    void print(final PrintStream out) {
        out.printf(LINE, "engine", "what it is", "queues", "copies", "MB", "changes", "failures");
        for (final String name : contenders.names()) {
            final EngineAccount account = accounts.of(name);
            out.printf(
                    LINE,
                    name,
                    contenders.kindOf(name),
                    account.queues() + "/" + queues.size(),
                    account.copies(),
                    String.format(Locale.ROOT, "%.1f", account.bytes() / 1e6),
                    account.changes(),
                    account.failures());
        }
    }

    /** What is not as it should be, in words; empty where all is well. */
    List<String> complaints() {
        final List<String> complaints = new ArrayList<>();
        contenders.byKind().forEach((kind, names) -> {
            for (final String name : names) {
                final EngineAccount account = accounts.of(name);
                if (account.copies() == 0) {
                    complaints.add(name + " made no copy");
                }
                if (account.failures() != 0) {
                    complaints.add(name + " failed");
                }
            }
            for (final String queue : queues) {
                if (names.stream().noneMatch(name -> accounts.of(name).served(queue))) {
                    complaints.add("no " + kind + " engine made a copy for " + queue);
                }
            }
        });
        if (accounts.untold() != 0) {
            complaints.add("of " + accounts.untold() + " changes it is not known what the engine did");
        }
        return complaints;
    }
}
