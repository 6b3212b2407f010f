/** Starts Felix with the set of bundles. */
package launcher;
