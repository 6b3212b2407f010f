package vhost.demo.internal;

import java.io.PrintStream;

/** A bar that is drawn over itself on a terminal, and a line a step elsewhere. */
final class Progress {
    private static final int WIDTH = 30;

    private final PrintStream out;
    private final boolean terminal;
    private String last = "";

    Progress(final PrintStream out) {
        this.out = out;
        this.terminal = System.console() != null && System.console().isTerminal();
    }

    void show(final double done, final String what) {
        if (terminal) {
            final int filled = (int) Math.round(Math.clamp(done, 0, 1) * WIDTH);
            out.printf(
                    "\r[%s%s] %3d%%  %-46s", "#".repeat(filled), ".".repeat(WIDTH - filled), (int) (done * 100), what);
        } else if (!what.equals(last)) {
            out.printf("[%3d%%] %s%n", (int) (done * 100), what);
        }
        last = what;
        out.flush();
    }

    void end() {
        if (terminal) {
            out.printf("\r%90s\r", "");
            out.flush();
        }
    }
}
