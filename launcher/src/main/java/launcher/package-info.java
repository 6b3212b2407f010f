/**
 * The command line, and the process that it starts: a Felix framework with the bundles of a distribution.
 *
 * <p>The same jar is the platform's console bundle: {@code launcher.console} runs inside the framework, {@code
 * launcher.control} is the protocol between the two sides. Bundles are known at run time only.
 */
package launcher;
