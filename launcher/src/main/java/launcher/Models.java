package launcher;

import java.util.Map;
import picocli.CommandLine.Option;

/** The option of the commands that can have engines without hardware. */
final class Models {
    private static final String BUNDLE = "dma.model";

    /** They are bundle/{@value #BUNDLE}.jar, which starts with the bundles of the engines. */
    private static final Map<String, Integer> LEVELS = Map.of(BUNDLE, Platform.DEFAULT_LEVEL);

    /** What is part of every model's name, such as {@code dsa-model0/wq0.0}. */
    private static final String MARK = "-model";

    @Option(
            names = "--models",
            description = "start the models of DSA and CBDMA too: software that behaves like the hardware and"
                    + " accelerates nothing; also started where --engine names one, such as dsa-model0/wq0.0")
    private boolean wanted;

    /**
     * The framework properties that start them where they are wanted.
     *
     * @param engine the name of the engine that copies, or null
     */
    Map<String, String> bundles(Home home, String engine) {
        if (!wanted && (engine == null || !engine.contains(MARK))) {
            return Map.of();
        }
        if (!areIn(home)) {
            throw new Failure("there are no models: " + home.folder().resolve("bundle") + " has no " + BUNDLE + ".jar");
        }
        return home.startLevels(LEVELS);
    }

    /** As {@link #bundles}, always where there are any. */
    static Map<String, String> ofDemo(Home home) {
        return areIn(home) ? home.startLevels(LEVELS) : Map.of();
    }

    private static boolean areIn(Home home) {
        return home.bundles().stream().anyMatch(jar -> jar.endsWith(BUNDLE + ".jar"));
    }
}
