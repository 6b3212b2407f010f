package vhost.frontend;

/**
 * The back-end broke the virtio specification on a ring: an identifier that was not outstanding, a length longer than
 * the buffer, a wrong order. The ring is of no use afterwards; every later burst throws again.
 */
public final class FrontendFault extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public FrontendFault(final String message) {
        super(message);
    }
}
