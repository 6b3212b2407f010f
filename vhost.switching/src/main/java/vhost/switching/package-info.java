/** What moves packets between ports. */
package vhost.switching;
