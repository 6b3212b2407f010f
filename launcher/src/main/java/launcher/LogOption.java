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
        Logging.configure(home.properties(), level == null ? null : level.name());
    }
}
