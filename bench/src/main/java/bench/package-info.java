/** Measures the back-end core alone. */
package bench;
