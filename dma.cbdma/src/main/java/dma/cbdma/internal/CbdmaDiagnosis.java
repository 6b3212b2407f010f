package dma.cbdma.internal;

import dma.api.DmaDiagnosis;
import dma.cbdma.device.CbdmaHost;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** What there is of CBDMA, and what is missing. Looks at the hosts again each time. Any thread. */
public final class CbdmaDiagnosis implements DmaDiagnosis {
    /** A guest's memory and ours; with less hardly any guest is served. */
    private static final long SMALL_MEMLOCK = 1L << 30;

    private final Supplier<List<CbdmaEngines>> hosts;

    /** Of the hosts that {@code hosts} gives each time. */
    public CbdmaDiagnosis(final Supplier<List<CbdmaEngines>> hosts) {
        this.hosts = hosts;
    }

    @Override
    public List<Finding> examine() {
        final List<Finding> findings = new ArrayList<>();
        for (final CbdmaEngines each : hosts.get()) {
            examine(each, findings);
        }
        return findings;
    }

    private static void examine(final CbdmaEngines engines, final List<Finding> findings) {
        final CbdmaHost host = engines.host();
        final String suffix = host.isModel() ? " (model)" : "";
        final List<FunctionState> states = engines.refresh();
        if (states.isEmpty()) {
            findings.add(new Finding(
                    Verdict.ABSENT,
                    "Intel CBDMA" + suffix,
                    "this host has no such function, or dma.cbdma wants none",
                    ""));
            return;
        }
        final Map<String, String> owners = engines.owners();
        for (final FunctionState state : states) {
            findings.add(finding(state, owners.get(state.function().address()), suffix));
        }
        findings.add(vfio(host.vfio().resolve("vfio"), suffix));
        findings.add(iommu(engines.discovery().hasIommu(), suffix));
        if (!host.isModel()) {
            findings.add(memlock(Memlock.limit()));
        }
    }

    private static Finding finding(final FunctionState state, final String owner, final String suffix) {
        final String what = state.function() + suffix;
        if (!state.isUsable()) {
            return new Finding(
                    Verdict.UNUSABLE,
                    what,
                    state.problem().state(),
                    state.problem().remedy());
        }
        return new Finding(
                Verdict.OK,
                what,
                "CBDMA " + OpenFunction.version(state.version()) + ", copies of " + (state.maxTransfer() >>> 10)
                        + " KiB in one piece, " + (owner == null ? "free" : "serves " + owner)
                        + (state.function().noIommu() ? ", without an IOMMU" : ""),
                "");
    }

    private static Finding vfio(final Path file, final String suffix) {
        return Files.exists(file)
                ? new Finding(Verdict.OK, "VFIO" + suffix, file + " is there", "")
                : new Finding(Verdict.UNUSABLE, "VFIO" + suffix, "there is no " + file, "modprobe vfio-pci");
    }

    private static Finding iommu(final boolean on, final String suffix) {
        return on
                ? new Finding(Verdict.OK, "IOMMU" + suffix, "functions have groups", "")
                : new Finding(
                        Verdict.UNUSABLE,
                        "IOMMU" + suffix,
                        "no function has a group: it is off",
                        "boot with intel_iommu=on, and VT-d on in the firmware");
    }

    static Finding memlock(final long limit) {
        return limit >= SMALL_MEMLOCK
                ? new Finding(
                        Verdict.OK,
                        "locked memory",
                        limit == Memlock.UNLIMITED ? "without limit" : (limit >>> 10) + " KiB may be pinned",
                        "")
                : new Finding(
                        Verdict.UNUSABLE,
                        "locked memory",
                        "only " + (limit >>> 10) + " KiB may be pinned, and guests' memory is to be",
                        "ulimit -l unlimited, or LimitMEMLOCK=infinity of the service");
    }
}
