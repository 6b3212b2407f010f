/** A virtio-net driver that talks to any vhost-user back-end. */
package vhost.frontend;
