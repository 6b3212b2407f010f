/** How a client process talks to a platform over its control socket. */
package launcher.control;
