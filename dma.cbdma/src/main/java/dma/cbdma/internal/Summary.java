package dma.cbdma.internal;

import dma.cbdma.device.CbdmaHost;
import java.util.List;
import java.util.stream.Collectors;

/** One line for people: what a host offers, or why it offers nothing. */
record Summary(CbdmaHost host, List<FunctionState> states) {
    String line() {
        return host.name() + (host.isModel() ? " (model): " : ": ") + what();
    }

    private String what() {
        if (states.isEmpty()) {
            return "no engine: this host has no CBDMA function, or dma.cbdma wants none";
        }
        final List<FunctionState> usable =
                states.stream().filter(FunctionState::isUsable).toList();
        if (usable.isEmpty()) {
            final FunctionState first = states.getFirst();
            return "no engine: none of " + states.size() + " functions can be used; " + first.function() + ": "
                    + first.problem();
        }
        final String engines = usable.stream().collect(Collectors.groupingBy(FunctionState::node)).entrySet().stream()
                .map(node -> engine(node.getKey(), node.getValue()))
                .collect(Collectors.joining(", "));
        return "offered: " + engines
                + (usable.size() < states.size() ? "; " + (states.size() - usable.size()) + " cannot be used" : "");
    }

    private String engine(final int node, final List<FunctionState> usable) {
        final FunctionState first = usable.getFirst();
        return host.name() + node + " of " + usable.size() + (usable.size() == 1 ? " function (" : " functions (")
                + first.function().generation() + ", version " + OpenFunction.version(first.version()) + ")";
    }
}
