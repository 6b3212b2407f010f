package vhost.core.internal.protocol;

/**
 * The wire layout (vhost-user, "Message Specification"). The byte order is the host's; offsets and sizes are bytes.
 *
 * <pre>
 * message        0         4       8      12
 *                | request | flags | size | payload …            size counts the payload only
 *
 * flags          31          4   3            2       1     0
 *                | reserved (0) | NEED_REPLY | REPLY | version |
 *
 * u64            0       8
 *                | value |
 *
 * ring state     0       4     8
 *                | index | num |
 *
 * ring address   0       4       8      16     24      32    40
 *                | index | flags | desc | used | avail | log |   used comes before avail
 *
 * region         0                8      16             24            32
 *                | guest physical | size | user address | mmap offset |
 *
 * memory table   0   4     8
 *                | n | pad | region … (n of them, 8 at most)
 *
 * single region  0     8        40
 *                | pad | region |
 *
 * kick, call, error: a u64
 *                63          9   8      7          0
 *                | reserved (0) | NOFD | ring index |
 * </pre>
 */
final class VhostUserLayout {
    static final int HEADER_SIZE = 12;
    static final int REQUEST = 0;
    static final int FLAGS = 4;
    static final int SIZE = 8;

    static final int VERSION = 1;
    static final int VERSION_MASK = 3;
    static final int FLAG_REPLY = 4;
    static final int FLAG_NEED_REPLY = 8;
    static final int RESERVED_FLAGS = ~(VERSION_MASK | FLAG_REPLY | FLAG_NEED_REPLY);

    static final int U64_SIZE = 8;

    static final int STATE_SIZE = 8;
    static final int STATE_INDEX = 0;
    static final int STATE_NUM = 4;

    static final int ADDR_SIZE = 40;
    static final int ADDR_INDEX = 0;
    static final int ADDR_FLAGS = 4;
    static final int ADDR_DESC = 8;
    static final int ADDR_USED = 16;
    static final int ADDR_AVAIL = 24;
    static final int ADDR_LOG = 32;

    static final int MAX_REGIONS = 8;
    static final int REGION_SIZE = 32;
    static final int REGION_GUEST_PHYSICAL = 0;
    static final int REGION_LENGTH = 8;
    static final int REGION_USER_ADDRESS = 16;
    static final int REGION_MMAP_OFFSET = 24;

    static final int TABLE_COUNT = 0;
    static final int TABLE_REGIONS = 8;

    static final int SINGLE_REGION = 8;
    static final int SINGLE_REGION_SIZE = SINGLE_REGION + REGION_SIZE;

    static final long FD_INDEX_MASK = 0xFF;
    static final long FD_NOFD = 0x100;

    /**
     * No request is longer. Ours end at 264, but one that we do not know is to be refused like any other, not to end the
     * session for its length.
     */
    static final int MAX_PAYLOAD = 4096;

    private VhostUserLayout() {}
}
