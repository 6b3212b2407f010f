package vhost.core.internal.protocol;

import static vhost.core.internal.protocol.VhostUserLayout.ADDR_SIZE;
import static vhost.core.internal.protocol.VhostUserLayout.MAX_REGIONS;
import static vhost.core.internal.protocol.VhostUserLayout.REGION_SIZE;
import static vhost.core.internal.protocol.VhostUserLayout.SINGLE_REGION_SIZE;
import static vhost.core.internal.protocol.VhostUserLayout.STATE_SIZE;
import static vhost.core.internal.protocol.VhostUserLayout.TABLE_COUNT;
import static vhost.core.internal.protocol.VhostUserLayout.TABLE_REGIONS;
import static vhost.core.internal.protocol.VhostUserLayout.U64_SIZE;

/**
 * The requests that we serve (vhost-user, "Front-end message types"): a table that every message is held against before
 * anything of it is used. A payload of another size than the request's would leave bytes of the message before in it.
 */
enum VhostUserRequest {
    GET_FEATURES(1, 0, DescriptorRule.NONE, Reply.OWN, null),
    SET_FEATURES(2, U64_SIZE, DescriptorRule.NONE, Reply.ACK, null),
    SET_OWNER(3, 0, DescriptorRule.NONE, Reply.ACK, null),
    RESET_OWNER(4, 0, DescriptorRule.NONE, Reply.ACK, null),
    /** Its size follows from its first field. */
    SET_MEM_TABLE(5, Size.TABLE, DescriptorRule.ONE_PER_REGION, Reply.ACK, null),
    SET_VRING_NUM(8, STATE_SIZE, DescriptorRule.NONE, Reply.ACK, null),
    SET_VRING_ADDR(9, ADDR_SIZE, DescriptorRule.NONE, Reply.ACK, null),
    SET_VRING_BASE(10, STATE_SIZE, DescriptorRule.NONE, Reply.ACK, null),
    GET_VRING_BASE(11, STATE_SIZE, DescriptorRule.NONE, Reply.OWN, null),
    SET_VRING_KICK(12, U64_SIZE, DescriptorRule.ONE_UNLESS_NOFD, Reply.ACK, null),
    SET_VRING_CALL(13, U64_SIZE, DescriptorRule.ONE_UNLESS_NOFD, Reply.ACK, null),
    SET_VRING_ERR(14, U64_SIZE, DescriptorRule.ONE_UNLESS_NOFD, Reply.ACK, null),
    GET_PROTOCOL_FEATURES(15, 0, DescriptorRule.NONE, Reply.OWN, null),
    SET_PROTOCOL_FEATURES(16, U64_SIZE, DescriptorRule.NONE, Reply.ACK, null),
    GET_QUEUE_NUM(17, 0, DescriptorRule.NONE, Reply.OWN, ProtocolFeature.MQ),
    SET_VRING_ENABLE(18, STATE_SIZE, DescriptorRule.NONE, Reply.ACK, null),
    SEND_RARP(19, U64_SIZE, DescriptorRule.NONE, Reply.ACK, ProtocolFeature.RARP),
    NET_SET_MTU(20, U64_SIZE, DescriptorRule.NONE, Reply.ACK, ProtocolFeature.MTU),
    SET_BACKEND_REQ_FD(21, 0, DescriptorRule.ONE, Reply.ACK, ProtocolFeature.BACKEND_REQ),
    RESET_DEVICE(34, 0, DescriptorRule.NONE, Reply.ACK, ProtocolFeature.RESET_DEVICE),
    GET_MAX_MEM_SLOTS(36, 0, DescriptorRule.NONE, Reply.OWN, ProtocolFeature.CONFIGURE_MEM_SLOTS),
    ADD_MEM_REG(37, SINGLE_REGION_SIZE, DescriptorRule.ONE, Reply.ACK, ProtocolFeature.CONFIGURE_MEM_SLOTS),
    REM_MEM_REG(38, SINGLE_REGION_SIZE, DescriptorRule.AT_MOST_ONE, Reply.ACK, ProtocolFeature.CONFIGURE_MEM_SLOTS),
    SET_STATUS(39, U64_SIZE, DescriptorRule.NONE, Reply.ACK, ProtocolFeature.STATUS),
    GET_STATUS(40, 0, DescriptorRule.NONE, Reply.OWN, ProtocolFeature.STATUS);

    /** How a request is answered. */
    enum Reply {
        /** A u64, 0 for done, and only where the front-end asked with NEED_REPLY. */
        ACK,
        /** Always, with what was asked for. There is no way to say no: any value would be taken for the answer. */
        OWN
    }

    /** Stands for sizes that are not fixed. */
    private static final class Size {
        private static final int TABLE = -1;
    }

    private static final VhostUserRequest[] BY_NUMBER = byNumber();

    private final int number;
    private final int payload;
    private final DescriptorRule descriptors;
    private final Reply reply;
    private final ProtocolFeature needs;

    VhostUserRequest(
            final int number,
            final int payload,
            final DescriptorRule descriptors,
            final Reply reply,
            final ProtocolFeature needs) {
        this.number = number;
        this.payload = payload;
        this.descriptors = descriptors;
        this.reply = reply;
        this.needs = needs;
    }

    /** The request of that number; null for one that we do not serve. */
    static VhostUserRequest of(final int number) {
        return number >= 0 && number < BY_NUMBER.length ? BY_NUMBER[number] : null;
    }

    /** For people: name and number. */
    static String describe(final int number) {
        final VhostUserRequest request = of(number);
        return request == null ? "request " + Integer.toUnsignedString(number) : request.name() + " (" + number + ")";
    }

    int number() {
        return number;
    }

    Reply reply() {
        return reply;
    }

    /** What is wrong with the form of {@code message}, which is such a request; null where nothing is. */
    String complaint(final MessageReader message, final long protocolFeatures) {
        if (needs != null && !needs.isIn(protocolFeatures)) {
            return "protocol feature " + needs + " was not negotiated; expected SET_PROTOCOL_FEATURES with it before";
        }
        final String size = payload == Size.TABLE ? tableComplaint(message) : sizeComplaint(message.size(), payload);
        return size != null ? size : descriptors.complaint(message);
    }

    private static String sizeComplaint(final int size, final int expected) {
        return size == expected ? null : "payload of " + size + " bytes; expected " + expected;
    }

    private static String tableComplaint(final MessageReader message) {
        if (message.size() < TABLE_REGIONS) {
            return "payload of " + message.size() + " bytes; expected " + TABLE_REGIONS + " and 32 for each region";
        }
        final int regions = message.u32(TABLE_COUNT);
        if (regions < 0 || regions > MAX_REGIONS) {
            return Integer.toUnsignedString(regions) + " regions; expected " + MAX_REGIONS + " at most";
        }
        return sizeComplaint(message.size(), TABLE_REGIONS + regions * REGION_SIZE);
    }

    private static VhostUserRequest[] byNumber() {
        final VhostUserRequest[] table = new VhostUserRequest[GET_STATUS.number + 1];
        for (final VhostUserRequest request : values()) {
            table[request.number] = request;
        }
        return table;
    }
}
