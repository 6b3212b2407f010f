package e2e;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.util.List;

/** Which bundle, and inside {@code vhost.core} which layer, may know which: the table of the design, as a test. */
@AnalyzeClasses(
        packages = {"linux", "dma", "vhost", "bench", "launcher"},
        importOptions = ImportOption.DoNotIncludeTests.class)
class LayersTest {
    /** The JDK, and the annotations that only bnd reads. */
    private static final String[] JDK = {"java..", "javax..", "jdk..", "org.osgi.annotation.."};

    private static final String[] ENGINE = {"dma.api..", "linux..", "org.osgi..", "org.slf4j.."};

    @ArchTest
    static final ArchRule linuxKnowsOnlyTheJdk = only("linux", JDK);

    @ArchTest
    static final ArchRule dmaApiKnowsOnlyTheJdk = only("dma.api", JDK);

    @ArchTest
    static final ArchRule dmaCpuKnowsOnlyItsContract = only("dma.cpu", JDK, ENGINE);

    @ArchTest
    static final ArchRule dmaDsaKnowsOnlyItsContract = only("dma.dsa", JDK, ENGINE);

    @ArchTest
    static final ArchRule dmaCbdmaKnowsOnlyItsContract = only("dma.cbdma", JDK, ENGINE);

    @ArchTest
    static final ArchRule dmaModelKnowsDevicesOfDriversAndNoDriver =
            only("dma.model", JDK, "linux..", "dma.dsa.device..", "dma.cbdma.device..", "org.osgi..", "org.slf4j..");

    @ArchTest
    static final ArchRule dmaTckKnowsOnlyTheContract =
            only("dma.tck", JDK, "dma.api..", "com.sun.management..", "org.junit..", "org.opentest4j..", "org.osgi..");

    @ArchTest
    static final ArchRule dmaChaosKnowsOnlyItsContract =
            only("dma.chaos", JDK, "dma.api..", "org.osgi..", "org.slf4j..");

    @ArchTest
    static final ArchRule coreKnowsNoEngine = noClasses()
            .that()
            .resideInAPackage("vhost.core..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "dma.cpu..",
                    "dma.dsa..",
                    "dma.cbdma..",
                    "dma.model..",
                    "dma.tck..",
                    "dma.chaos..",
                    "vhost.switching..",
                    "vhost.frontend..",
                    "vhost.demo..",
                    "bench..",
                    "vhost.shell..");

    @ArchTest
    static final ArchRule switchingKnowsOnlyTheCoreApi =
            only("vhost.switching", JDK, "vhost.core.api..", "linux..", "org.osgi..", "org.slf4j..");

    @ArchTest
    static final ArchRule frontendSharesNothingWithTheBackend =
            only("vhost.frontend", JDK, "linux..", "org.newsclub.net.unix..", "org.slf4j..");

    @ArchTest
    static final ArchRule benchKnowsOnlyApis =
            only("bench", JDK, "vhost.core.api..", "vhost.frontend..", "dma.model.pace..", "linux..", "org.osgi..");

    @ArchTest
    static final ArchRule launcherKnowsBundlesOnlyAtRunTime = noClasses()
            .that()
            .resideInAPackage("launcher..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("linux..", "dma..", "vhost..", "bench..");

    /** Every layer of the device knows only those below it. The api, and the OSGi components on top, see all. */
    @ArchTest
    static final ArchRule layersOfTheDevice = layeredArchitecture()
            .consideringOnlyDependenciesInLayers()
            .withOptionalLayers(true)
            .layer("protocol")
            .definedBy("vhost.core.protocol..", "vhost.core.internal.protocol..")
            .layer("device")
            .definedBy("vhost.core.device..", "vhost.core.internal.device..")
            .layer("async")
            .definedBy("vhost.core.async..", "vhost.core.internal.async..")
            .layer("ring")
            .definedBy("vhost.core.ring..", "vhost.core.internal.ring..")
            .layer("memory")
            .definedBy("vhost.core.memory..", "vhost.core.internal.memory..")
            .whereLayer("protocol")
            .mayNotBeAccessedByAnyLayer()
            .whereLayer("device")
            .mayOnlyBeAccessedByLayers("protocol")
            .whereLayer("async")
            .mayOnlyBeAccessedByLayers("protocol", "device")
            .whereLayer("ring")
            .mayOnlyBeAccessedByLayers("protocol", "device", "async")
            .whereLayer("memory")
            .mayOnlyBeAccessedByLayers("protocol", "device", "async", "ring");

    @ArchTest
    static final ArchRule internalStaysInsideItsBundle = classes().should(useNoInternalsOfOthers());

    private static ArchRule only(String bundle, String[] more, String... others) {
        String[] allowed = new String[more.length + others.length + 1];
        allowed[0] = bundle + "..";
        System.arraycopy(more, 0, allowed, 1, more.length);
        System.arraycopy(others, 0, allowed, more.length + 1, others.length);
        return classes()
                .that()
                .resideInAPackage(bundle + "..")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(allowed);
    }

    private static ArchCondition<JavaClass> useNoInternalsOfOthers() {
        return new ArchCondition<>("use no internal package of another bundle") {
            @Override
            public void check(JavaClass user, ConditionEvents events) {
                user.getDirectDependenciesFromSelf().forEach(dependency -> {
                    String used = dependency.getTargetClass().getPackageName();
                    boolean ours = !bundleOf(used).isEmpty();
                    boolean internal = List.of(used.split("\\.")).contains("internal");
                    if (ours && internal && !bundleOf(used).equals(bundleOf(user.getPackageName()))) {
                        events.add(SimpleConditionEvent.violated(user, dependency.getDescription()));
                    }
                });
            }
        };
    }

    private static String bundleOf(String packageName) {
        return Bundles.all().stream()
                .filter(bundle -> packageName.equals(bundle) || packageName.startsWith(bundle + "."))
                .findAny()
                .orElse("");
    }
}
