package launcher;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A platform of this process from its start to its end, by whichever way it ends. */
final class Session {
    private final Instances.Instance instance;
    private final Platform platform;
    private boolean closed;

    private Session(Instances.Instance instance, Platform platform) {
        this.instance = instance;
        this.platform = platform;
    }

    /**
     * Starts the platform as instance {@code name}; SIGTERM and SIGINT end it, and the process with status 0.
     *
     * @param kind what kind of platform
     * @param given framework properties that overrule those of {@code conf/config.properties}
     */
    static Session open(Home home, String name, Kind kind, Map<String, String> given, List<Platform.Setting> settings) {
        Instances.Instance instance = new Instances(Places.ofUser()).create(name);
        Hook hook = new Hook();
        Runtime.getRuntime().addShutdownHook(hook);
        try {
            boolean lasting = kind != Kind.PASSING;
            Path state = lasting ? Places.ownerOnly(instance.state()) : instance.folder();
            Map<String, String> properties = new HashMap<>(given);
            properties.put(Platform.RUNTIME_FOLDER, instance.folder().toString());
            properties.put(Platform.STATE_FOLDER, state.toString());
            properties.put(Platform.CONSOLE, String.valueOf(kind == Kind.INTERACTIVE));
            properties.put("felix.cm.dir", state.resolve("config").toString());
            // What the command line says must not be overruled by a file.
            String watched =
                    lasting ? home.deploy() + "," + home.conf() : home.deploy().toString();
            properties.put("felix.fileinstall.dir", watched);
            Path cache = instance.folder().resolve("cache");

            Session session = new Session(instance, Platform.start(home, cache, properties, settings));
            hook.started(session);
            return session;
        } catch (RuntimeException e) {
            instance.close();
            hook.failed();
            throw e;
        }
    }

    Platform platform() {
        return platform;
    }

    /** Stops what runs and removes what it left. Any thread, any number of times. */
    synchronized void close() {
        if (!closed) {
            closed = true;
            platform.stop();
            instance.close();
        }
    }

    private synchronized boolean isClosed() {
        return closed;
    }

    /** What a platform is started for. */
    enum Kind {
        /** Keeps its configuration; a person types. */
        INTERACTIVE,
        /** Keeps its configuration. */
        DAEMON,
        /** Leaves nothing behind. */
        PASSING
    }

    /** Runs on a signal, and on the way out of {@link Main}, which has closed the session by then. */
    private static final class Hook extends Thread {
        /** The bundles may just be starting. */
        private static final int PATIENCE_MILLIS = 10_000;

        private Session session;
        private boolean failed;

        private Hook() {
            super("vhost stop");
        }

        private synchronized void started(Session started) {
            session = started;
            notifyAll();
        }

        private synchronized void failed() {
            failed = true;
            notifyAll();
        }

        @Override
        public synchronized void run() {
            long deadline = System.nanoTime() + PATIENCE_MILLIS * 1_000_000L;
            try {
                while (session == null && !failed && System.nanoTime() < deadline) {
                    wait(PATIENCE_MILLIS);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            if (session != null && !session.isClosed()) {
                session.close();
                // A signal is the normal way to end; the JVM's own status would be 128 + its number.
                Runtime.getRuntime().halt(0);
            }
        }
    }
}
