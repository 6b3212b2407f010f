package dma.dsa.internal;

import dma.api.DmaDiagnosis;
import dma.api.DmaException;
import dma.dsa.device.DsaHost;
import dma.dsa.internal.engine.DsaEngine;
import dma.dsa.internal.engine.DsaSettings;
import dma.dsa.internal.host.KernelHost;
import dma.dsa.internal.sysfs.Device;
import dma.dsa.internal.sysfs.WorkQueue;
import dma.dsa.internal.sysfs.WorkQueueScan;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import linux.Errno;
import linux.LinuxException;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;

/**
 * What keeps DSA from being used, from the driver of the kernel to the way that descriptors take. A queue that looks well is
 * opened and tried: a dedicated one that others want at that moment is busy for them.
 */
@Component(service = DmaDiagnosis.class)
public final class DsaDiagnosis implements DmaDiagnosis {
    private static final String INTEL_DSA = "Intel DSA";

    private final List<DsaHost> hosts = new CopyOnWriteArrayList<>();

    /** Of the host it runs on, and of the models that are bound. */
    @Activate
    public DsaDiagnosis() {
        this(new KernelHost());
    }

    DsaDiagnosis(final DsaHost host) {
        hosts.add(host);
    }

    @Reference(policy = ReferencePolicy.DYNAMIC, cardinality = ReferenceCardinality.MULTIPLE)
    void bindHost(final DsaHost host) {
        hosts.add(host);
    }

    void unbindHost(final DsaHost host) {
        hosts.remove(host);
    }

    @Override
    public List<Finding> examine() {
        final List<Finding> findings = new ArrayList<>();
        hosts.forEach(host -> examine(host, findings));
        return findings;
    }

    private static void examine(final DsaHost host, final List<Finding> findings) {
        final String what = host.isModel() ? INTEL_DSA + " (model " + host.name() + ")" : INTEL_DSA;
        if (!Files.isDirectory(host.sysfs())) {
            findings.add(new Finding(
                    Verdict.ABSENT,
                    what,
                    "there is no idxd driver: " + host.sysfs() + " is missing",
                    "on a Xeon of the 4th generation or later: modprobe idxd"));
            return;
        }
        final WorkQueueScan scan;
        try {
            scan = WorkQueueScan.of(host);
        } catch (UncheckedIOException e) {
            findings.add(new Finding(Verdict.UNUSABLE, what, e.getMessage(), "ls " + host.sysfs()));
            return;
        }
        if (scan.devices().isEmpty()) {
            findings.add(new Finding(Verdict.ABSENT, what, "the idxd driver is there and has no DSA device", ""));
            return;
        }
        scan.devices().forEach(device -> findings.add(device(host, device)));
        findings.add(new Finding(
                Verdict.OK,
                what + " instructions",
                (host.hasMovdir64b() ? "MOVDIR64B" : "no MOVDIR64B") + ", "
                        + (host.hasEnqcmd() ? "ENQCMD" : "no ENQCMD"),
                ""));
        scan.queues().forEach(queue -> findings.add(queue(host, queue)));
        if (scan.queues().isEmpty()) {
            findings.add(
                    new Finding(Verdict.UNUSABLE, what, "its devices have no work queues", "accel-config list -i"));
        }
    }

    private static Finding device(final DsaHost host, final Device device) {
        final String name = host.name() + device.number();
        if (!device.pasidEnabled()) {
            return new Finding(
                    Verdict.UNUSABLE,
                    name,
                    "the IOMMU is not in scalable mode: pasid_enabled is 0",
                    "boot with intel_iommu=on,sm_on, and VT-d switched on in the firmware");
        }
        if (!device.enabled()) {
            return new Finding(Verdict.UNUSABLE, name, "it is disabled", "accel-config enable-device " + device.name());
        }
        return new Finding(
                Verdict.OK,
                name,
                "enabled, copies up to " + device.maxTransferBytes() + " bytes, NUMA node " + device.numaNode(),
                "");
    }

    private static Finding queue(final DsaHost host, final WorkQueue queue) {
        final String name = DsaEngine.nameOf(host, queue);
        if (queue.whyNot().isPresent()) {
            return new Finding(
                    Verdict.UNUSABLE,
                    name,
                    queue.obstacle().reason(),
                    queue.obstacle().remedy());
        }
        try {
            final String way = new DsaEngine(host, queue, DsaSettings.DEFAULT).tryOut();
            return new Finding(Verdict.OK, name, queue.summary() + "; submits by " + way, "");
        } catch (DmaException e) {
            if (e.getCause() instanceof LinuxException cause && cause.errno() == Errno.EBUSY) {
                // A process has the dedicated queue, this one or another.
                return new Finding(Verdict.OK, name, queue.summary() + "; in use", "");
            }
            // One line: the name, what it is, and after the last semicolon what mends it.
            final String line = e.getMessage().substring(name.length() + 2);
            final int remedy = line.lastIndexOf("; ");
            return new Finding(Verdict.UNUSABLE, name, line.substring(0, remedy), line.substring(remedy + 2));
        }
    }
}
