/**
 * An engine that breaks its contract on purpose, by the throw of a seeded dice, and writes down what the core breaks of its
 * side: for tests of the core, in a plain JVM or in the framework. It is no part of the distribution.
 *
 * <pre>
 *   ChaosEngine engine = new ChaosEngine(Settings.seeded(42)
 *           .delayPolls(0, 8)
 *           .reorder(true)
 *           .with(Fault.PARTIAL, Chance.every(3))
 *           .with(Fault.STATUS_FAILED, Chance.of(0.01))
 *           .build());
 *   …
 *   assertThat(engine.violations()).isEmpty();
 *   assertThat(engine.injected(Fault.STATUS_FAILED)).isPositive();
 * </pre>
 *
 * <p>In the framework the bundle offers the engine {@code chaos}, as configuration {@code dma.chaos} says; there are Gogo
 * commands {@code chaos:violations}, {@code chaos:injected} and {@code chaos:late}.
 */
@Export
@Version("0.1.0")
package dma.chaos;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
