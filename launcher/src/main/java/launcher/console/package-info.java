/** What runs inside the framework: the control socket, the shell's sessions, and the log's way to standard error. */
package launcher.console;
