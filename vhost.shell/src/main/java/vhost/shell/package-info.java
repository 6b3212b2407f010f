/** Gogo commands of scope vhost. */
package vhost.shell;
