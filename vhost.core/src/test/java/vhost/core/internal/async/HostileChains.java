package vhost.core.internal.async;

import static vhost.core.internal.async.HostileChains.HEADER;
import static vhost.core.internal.async.HostileChains.LENGTH;
import static vhost.core.internal.testing.FakeDriver.INDIRECT;

import vhost.core.internal.testing.FakeDriver.Raw;
import vhost.core.internal.testing.Pattern;
import vhost.core.internal.testing.RingFixture;

/** What the tests of hostile drivers write. */
final class HostileChains {
    static final int LENGTH = 60;
    static final int HEADER = 12;

    private HostileChains() {}

    /** A table at a fixed place with these entries, and the descriptor that names it. */
    static Raw table(final RingFixture x, final int flags, final int bytes, final Raw... entries) {
        final long at = x.free() + 8192;
        x.driver.writeTable(at, entries);
        return new Raw(at, bytes, INDIRECT | flags);
    }

    /** A packet of {@link #LENGTH} bytes with nothing wrong. */
    static void good(final RingFixture x) {
        x.ram.write(x.free() + 4096, new byte[HEADER], 0, HEADER);
        x.ram.write(x.free() + 4096 + x.headerBytes, Pattern.of(1, LENGTH + 2), 0, LENGTH + 2);
        x.driver.add(x.free() + 4096, HEADER + LENGTH);
    }
}
