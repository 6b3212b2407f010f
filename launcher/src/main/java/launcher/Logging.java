package launcher;

import java.util.Map;
import org.apache.felix.framework.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/** One readable stream of log lines on standard error, for the launcher, the framework and all bundles. */
final class Logging {
    /** Keys of {@code conf/config.properties}: {@code log.level}, and {@code log.level.PREFIX} for names below PREFIX. */
    private static final String LEVEL = "log.level";

    private static final String SIMPLE = "org.slf4j.simpleLogger.";

    private Logging() {}

    /**
     * Sets the levels; must run before the first logger is made.
     *
     * @param properties of the platform
     * @param ours the level of our own bundles; null leaves what the properties say
     */
    static void configure(Map<String, String> properties, String ours) {
        System.setProperty(SIMPLE + "defaultLogLevel", properties.getOrDefault(LEVEL, "warn"));
        properties.forEach((key, value) -> {
            if (key.startsWith(LEVEL + ".")) {
                String level = ours == null ? value : ours;
                System.setProperty(SIMPLE + "log." + key.substring(LEVEL.length() + 1), level);
            }
        });
        System.setProperty(SIMPLE + "logFile", "System.err");
        // The stream of the process, not the one that Gogo puts in its place while a command runs.
        System.setProperty(SIMPLE + "cacheOutputStream", "true");
        System.setProperty(SIMPLE + "showDateTime", "true");
        System.setProperty(SIMPLE + "dateTimeFormat", "HH:mm:ss.SSS");
        System.setProperty(SIMPLE + "showThreadName", "false");
        System.setProperty(SIMPLE + "showShortLogName", "false");
    }

    /** What the framework itself has to say. */
    static Logger ofFramework() {
        Logger logger = new Framework();
        logger.setLogLevel(Logger.LOG_WARNING);
        return logger;
    }

    private static final class Framework extends Logger {
        private final org.slf4j.Logger log = LoggerFactory.getLogger("felix");

        @Override
        protected void doLog(int level, String message, Throwable cause) {
            log.atLevel(level <= LOG_ERROR ? Level.ERROR : Level.WARN)
                    .setCause(log.isDebugEnabled() ? cause : null)
                    .log(message);
        }
    }
}
