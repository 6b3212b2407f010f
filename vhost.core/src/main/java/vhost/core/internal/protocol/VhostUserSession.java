package vhost.core.internal.protocol;

import java.io.IOException;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import vhost.core.internal.device.DeviceControl;
import vhost.core.internal.device.DeviceException;

/**
 * One connection of a front-end, from its first message to its end: reads a message, holds it against the table, has it
 * handled, acknowledges it. Port's thread only.
 *
 * <p>What goes wrong (vhost-user, {@code VHOST_USER_PROTOCOL_F_REPLY_ACK}): a request with NEED_REPLY is answered with 1
 * and the session goes on; without, the front-end cannot learn of it, so the session ends. A request with a reply of its
 * own ends the session too, since any value would be taken for the answer; so does a message that cannot be framed.
 */
final class VhostUserSession {
    private static final Logger LOG = LoggerFactory.getLogger(VhostUserSession.class);

    private static final long DONE = 0;
    private static final long FAILED = 1;

    private final String port;
    private final DeviceControl device;
    private final MessageReader reader;
    private final MessageWriter writer;
    private final RequestHandler handler;
    private final Consumer<String> refusals;

    /** {@code refusals} is told of each message that was refused while the session went on. */
    VhostUserSession(
            final String port,
            final DeviceControl device,
            final MessageReader reader,
            final MessageWriter writer,
            final Consumer<String> refusals) {
        this.port = port;
        this.device = device;
        this.reader = reader;
        this.writer = writer;
        this.refusals = refusals;
        handler = new RequestHandler(device, writer);
    }

    /** Serves the front-end until either side ends it. Returns why it ended: one line, without the port's name. */
    String run() {
        String reason = "the device failed";
        try {
            device.connected();
            reason = serve();
        } finally {
            reader.descriptors().closeAll();
            handler.close();
            device.disconnected(reason);
        }
        return reason;
    }

    private String serve() {
        try {
            while (true) {
                reader.next();
                serveMessage();
            }
        } catch (ProtocolException e) {
            return e.detail();
        } catch (SessionEnd | IOException e) {
            return e.getMessage();
        } catch (RuntimeException | InternalError e) {
            // InternalError: the front-end truncated memory that the device was looking at.
            LOG.error("port {}: {} failed", port, VhostUserRequest.describe(reader.request()), e);
            return VhostUserRequest.describe(reader.request()) + ": the device failed: " + e;
        }
    }

    private void serveMessage() throws ProtocolException, IOException, SessionEnd {
        final VhostUserRequest request = VhostUserRequest.of(reader.request());
        try {
            serve(request);
        } catch (ProtocolException e) {
            refuse(request, e);
            return;
        } catch (DeviceException e) {
            refuse(request, reader.refusal(e.getMessage()));
            return;
        }
        if (request.reply() == VhostUserRequest.Reply.ACK && wantsAcknowledgement()) {
            writer.replyU64(request.number(), DONE);
        }
    }

    private void serve(final VhostUserRequest request)
            throws ProtocolException, DeviceException, IOException, SessionEnd {
        if (request == null) {
            throw reader.refusal("unknown or not on offer; expected a request of the negotiated features");
        }
        final String complaint = request.complaint(reader, handler.protocolFeatures());
        if (complaint != null) {
            throw reader.refusal(complaint);
        }
        handler.handle(request, reader);
    }

    private void refuse(final VhostUserRequest request, final ProtocolException refusal)
            throws ProtocolException, IOException, SessionEnd {
        final boolean hasOwnReply = request != null && request.reply() == VhostUserRequest.Reply.OWN;
        if (hasOwnReply || !wantsAcknowledgement()) {
            throw refusal;
        }
        reader.descriptors().closeAll();
        refusals.accept(refusal.getMessage());
        writer.replyU64(reader.request(), FAILED);
    }

    /** The flag means nothing before REPLY_ACK was negotiated. */
    private boolean wantsAcknowledgement() {
        return reader.needsReply() && ProtocolFeature.REPLY_ACK.isIn(handler.protocolFeatures());
    }
}
