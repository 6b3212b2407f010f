package launcher.console;

import launcher.Failures;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import org.osgi.service.log.LogEntry;
import org.osgi.service.log.LogListener;
import org.osgi.service.log.LogReaderService;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/** Brings what bundles tell the OSGi log to the one stream of log lines. */
@Component(service = {})
public final class OsgiLog implements LogListener {
    private final LogReaderService reader;

    @Activate
    public OsgiLog(@Reference(name = "reader", policyOption = ReferencePolicyOption.GREEDY) LogReaderService reader) {
        this.reader = reader;
        reader.addLogListener(this);
    }

    @Deactivate
    void close() {
        reader.removeLogListener(this);
    }

    @Override
    public void logged(LogEntry entry) {
        // The framework tells of every service and bundle event under names of its own.
        if (entry.getLoggerName() != null && entry.getLoggerName().startsWith("Events.")) {
            return;
        }
        Level level = switch (entry.getLogLevel()) {
            case AUDIT, ERROR -> Level.ERROR;
            case WARN -> Level.WARN;
            case INFO -> Level.INFO;
            case DEBUG -> Level.DEBUG;
            case TRACE -> Level.TRACE;
        };
        Logger log = LoggerFactory.getLogger(entry.getBundle().getSymbolicName());
        Throwable cause = entry.getException();
        if (cause == null || log.isDebugEnabled()) {
            log.atLevel(level).setCause(cause).log(entry.getMessage());
        } else {
            log.atLevel(level).log("{}: {}", entry.getMessage(), Failures.reason(cause));
        }
    }
}
