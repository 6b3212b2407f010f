package dma.model.internal.cbdma;

import java.util.List;
import java.util.Locale;

/** What {@code model:cbdma} prints. */
final class Report {
    private Report() {}

    static String of(final CbdmaModel model, final List<ModelFunction> functions) {
        final Timing timing = model.settings().timing();
        final StringBuilder text = new StringBuilder("cbdma-model (model, software): ")
                .append(functions.size())
                .append(" functions, timing ")
                .append(timing.published() ? "published (assumed values)" : "none");
        text.append(String.format("%n%-13s %5s %4s %-9s %8s", "FUNCTION", "GROUP", "NUMA", "STATE", "CHANERR"));
        for (final Counter each : Counter.values()) {
            text.append(' ').append(each.name().toLowerCase(Locale.ROOT));
        }
        for (final ModelFunction each : functions) {
            text.append(System.lineSeparator()).append(line(each));
        }
        text.append(System.lineSeparator()).append("violations: ").append(model.violationCount());
        for (final String each : model.violations()) {
            text.append(System.lineSeparator()).append(each);
        }
        return text.toString();
    }

    private static String line(final ModelFunction function) {
        final StringBuilder line = new StringBuilder(String.format(
                "%-13s %5d %4d %-9s %8s",
                function.pci().address(),
                function.pci().group(),
                function.pci().numaNode(),
                function.isAttached() ? ChannelState.name((int) function.file().get(Register.CHANSTS)) : "closed",
                "0x" + Long.toHexString(function.file().get(Register.CHANERR))));
        for (final Counter each : Counter.values()) {
            line.append(String.format(
                    " %" + each.name().length() + "d", function.channel().count(each)));
        }
        return line.toString();
    }
}
