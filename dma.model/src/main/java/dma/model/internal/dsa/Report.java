package dma.model.internal.dsa;

import java.util.List;
import java.util.Locale;

/** What people see of a model. */
final class Report {
    private Report() {}

    static String of(final List<ModelDevice> devices) {
        final StringBuilder text = new StringBuilder();
        for (final ModelDevice device : devices) {
            device(device, text);
        }
        return text.toString().stripTrailing();
    }

    private static void device(final ModelDevice device, final StringBuilder text) {
        final DeviceSettings settings = device.settings();
        text.append("model ")
                .append(settings.name())
                .append(": ")
                .append(device.isHalted() ? "halted" : "enabled")
                .append(", numa ")
                .append(settings.numaNode())
                .append(", engines ")
                .append(settings.engines())
                .append(settings.userSubmissionSafe() ? ", portals for everybody" : ", write(2) only")
                .append('\n');
        text.append("  SWERR: ")
                .append(
                        device.softwareError().isValid()
                                ? device.softwareError().toString()
                                : "none")
                .append('\n');
        for (final ModelQueue queue : device.queues()) {
            queue(queue, text);
        }
        text.append("  faults: ").append(device.faults());
        for (final DsaFault fault : DsaFault.values()) {
            if (device.count(fault) > 0) {
                text.append("; ").append(fault.key()).append(" injected ").append(device.count(fault));
            }
        }
        text.append('\n');
    }

    private static void queue(final ModelQueue queue, final StringBuilder text) {
        final WorkQueueSettings settings = queue.settings();
        text.append("  ")
                .append(settings.name())
                .append(": ")
                .append(queue.state().name().toLowerCase(Locale.ROOT))
                .append(settings.dedicated() ? ", dedicated " : ", shared ")
                .append(settings.limit())
                .append(", open ")
                .append(queue.opens)
                .append(", in it ")
                .append(queue.occupancy())
                .append(", ended ")
                .append(queue.ends())
                .append(", lost ")
                .append(queue.dropped)
                .append(", refused ")
                .append(queue.retried)
                .append('\n');
    }
}
