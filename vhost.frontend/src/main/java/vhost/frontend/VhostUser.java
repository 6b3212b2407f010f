package vhost.frontend;

/**
 * Numbers of the vhost-user protocol (qemu, {@code docs/interop/vhost-user.rst}). Protocol features are bit numbers, as
 * the document gives them.
 */
public final class VhostUser {
    public static final int HEADER_BYTES = 12;
    public static final int VERSION = 1;
    public static final int FLAG_REPLY = 1 << 2;
    public static final int FLAG_NEED_REPLY = 1 << 3;
    /** In the payload of KICK, CALL and ERR: no descriptor is attached. */
    public static final long NO_FD = 1L << 8;

    public static final int GET_FEATURES = 1;
    public static final int SET_FEATURES = 2;
    public static final int SET_OWNER = 3;
    public static final int RESET_OWNER = 4;
    public static final int SET_MEM_TABLE = 5;
    public static final int SET_LOG_BASE = 6;
    public static final int SET_LOG_FD = 7;
    public static final int SET_VRING_NUM = 8;
    public static final int SET_VRING_ADDR = 9;
    public static final int SET_VRING_BASE = 10;
    public static final int GET_VRING_BASE = 11;
    public static final int SET_VRING_KICK = 12;
    public static final int SET_VRING_CALL = 13;
    public static final int SET_VRING_ERR = 14;
    public static final int GET_PROTOCOL_FEATURES = 15;
    public static final int SET_PROTOCOL_FEATURES = 16;
    public static final int GET_QUEUE_NUM = 17;
    public static final int SET_VRING_ENABLE = 18;
    public static final int SEND_RARP = 19;
    public static final int NET_SET_MTU = 20;
    public static final int SET_BACKEND_REQ_FD = 21;
    public static final int GET_CONFIG = 24;
    public static final int SET_CONFIG = 25;
    public static final int GET_INFLIGHT_FD = 31;
    public static final int SET_INFLIGHT_FD = 32;
    public static final int RESET_DEVICE = 34;
    public static final int GET_MAX_MEM_SLOTS = 36;
    public static final int ADD_MEM_REG = 37;
    public static final int REM_MEM_REG = 38;
    public static final int SET_STATUS = 39;
    public static final int GET_STATUS = 40;

    public static final int VHOST_USER_PROTOCOL_F_MQ = 0;
    public static final int VHOST_USER_PROTOCOL_F_LOG_SHMFD = 1;
    public static final int VHOST_USER_PROTOCOL_F_RARP = 2;
    public static final int VHOST_USER_PROTOCOL_F_REPLY_ACK = 3;
    public static final int VHOST_USER_PROTOCOL_F_MTU = 4;
    public static final int VHOST_USER_PROTOCOL_F_BACKEND_REQ = 5;
    public static final int VHOST_USER_PROTOCOL_F_CONFIG = 9;
    public static final int VHOST_USER_PROTOCOL_F_INFLIGHT_SHMFD = 12;
    public static final int VHOST_USER_PROTOCOL_F_RESET_DEVICE = 13;
    public static final int VHOST_USER_PROTOCOL_F_CONFIGURE_MEM_SLOTS = 15;
    public static final int VHOST_USER_PROTOCOL_F_STATUS = 16;

    private VhostUser() {}
}
