package vhost.core.internal.testing;

/** The two ring layouts, for tests that tell the same of both. */
public enum Layout {
    SPLIT,
    PACKED
}
