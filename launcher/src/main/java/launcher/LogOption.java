package launcher;

import picocli.CommandLine.Option;

/** The option of all commands that start a platform. */
final class LogOption {
    enum Level {
        ERROR,
        WARN,
        INFO,
        DEBUG,
        TRACE
    }

    @Option(
            names = "--log",
            paramLabel = "LEVEL",
            description = "what our bundles log: error, warn, info, debug, trace (default: conf/config.properties)")
    private Level level;

    /** To be called before anything is logged. */
    void apply(Home home) {
        apply(home, null);
    }

    /** As {@link #apply(Home)}, with another default; null is that of the properties. */
    void apply(Home home, Level absent) {
        Level chosen = level == null ? absent : level;
        Logging.configure(home.properties(), chosen == null ? null : chosen.name());
    }
}
