package dma.cbdma.internal;

import dma.cbdma.device.CbdmaHost;
import java.util.List;
import java.util.stream.Collectors;

/** One line for people: what a host offers, or why it offers nothing. */
record Summary(CbdmaHost host, List<FunctionState> states) {
    String line() {
        final String what = host.isModel() ? "CBDMA (model " + host.name() + ")" : "CBDMA";
        if (states.isEmpty()) {
            return what + ": no engine, as this host has no such function, or dma.cbdma wants none";
        }
        final List<FunctionState> usable =
                states.stream().filter(FunctionState::isUsable).toList();
        if (usable.isEmpty()) {
            final FunctionState first = states.getFirst();
            return what + ": no engine, as none of " + states.size() + " functions can be used; " + first.function()
                    + ": " + first.problem();
        }
        return what + ": "
                + usable.stream().collect(Collectors.groupingBy(FunctionState::node)).entrySet().stream()
                        .map(node -> host.name() + node.getKey() + " has "
                                + node.getValue().size()
                                + (node.getValue().size() == 1 ? " function" : " functions") + " ("
                                + node.getValue().getFirst().function().generation() + ", version "
                                + OpenFunction.version(
                                        node.getValue().getFirst().version()) + ")")
                        .collect(Collectors.joining(", "))
                + (usable.size() < states.size() ? "; " + (states.size() - usable.size()) + " cannot be used" : "");
    }
}
