/**
 * The commands of scope {@code vhost}. Each is a Gogo function of its own, a service with its usage and its description
 * as properties; the usage line says how arguments are checked and completed, and what {@code help} prints.
 */
package vhost.shell.internal;
