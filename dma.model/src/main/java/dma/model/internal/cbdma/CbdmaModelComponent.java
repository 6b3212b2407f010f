package dma.model.internal.cbdma;

import dma.cbdma.device.CbdmaHost;
import dma.cbdma.device.VfioContainer;
import dma.cbdma.device.VfioGroup;
import dma.model.internal.cbdma.CbdmaSettings.Device;
import dma.model.internal.cbdma.CbdmaSettings.ResetEnd;
import dma.model.internal.cbdma.CbdmaSettings.Vfio;
import java.nio.file.Path;
import linux.LinuxException;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.metatype.annotations.Designate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Offers a {@link CbdmaModel} as a service, as configuration {@code dma.model.cbdma} says, and the Gogo command
 * {@code model:cbdma}. A change of faults counts at once; a change of the device only once the bundle has been restarted,
 * as one of hardware would.
 */
@Component(
        service = {CbdmaHost.class, CbdmaModelComponent.class},
        immediate = true,
        configurationPid = CbdmaModelComponent.PID,
        property = {"osgi.command.scope=model", "osgi.command.function=cbdma"})
@Designate(ocd = CbdmaModelConfig.class)
public final class CbdmaModelComponent implements CbdmaHost {
    static final String PID = "dma.model.cbdma";

    private static final Logger LOG = LoggerFactory.getLogger(CbdmaModelComponent.class);

    private final CbdmaModel model;

    @Activate
    public CbdmaModelComponent(final CbdmaModelConfig config) {
        model = CbdmaModel.start(settings(config));
        LOG.info(
                "cbdma-model (model): software and no hardware: {} functions",
                model.settings().functions().size());
    }

    @Modified
    void modified(final CbdmaModelConfig config) {
        final CbdmaSettings settings = settings(config);
        model.inject(settings.faults());
        if (!settings.withFaults(model.settings().faults()).equals(model.settings())) {
            LOG.warn(
                    "{}: the device has changed, not only its faults; restart the bundle dma.model to have it so", PID);
        }
    }

    @Deactivate
    void end() {
        model.close();
    }

    /** What a configuration asks for. */
    static CbdmaSettings settings(final CbdmaModelConfig config) {
        final Device device = Device.ICX
                .withXfercap(config.xfercap())
                .withPrefetch(config.prefetch())
                .withErrors(
                        switch (config.error_bits()) {
                            case "linux" -> ErrorBits.LINUX;
                            case "dpdk" -> ErrorBits.DPDK;
                            default -> throw unknown("error.bits", config.error_bits(), "linux or dpdk");
                        })
                .withReset(
                        switch (config.reset_end()) {
                            case "delay" -> ResetEnd.AFTER_DELAY;
                            case "chainaddr" -> ResetEnd.AFTER_CHAINADDR;
                            case "never" -> ResetEnd.NEVER;
                            default -> throw unknown("reset.end", config.reset_end(), "delay, chainaddr or never");
                        },
                        config.reset_micros() * 1000);
        final Vfio mapped = Vfio.TYPE1
                .withLimits(config.memlock_bytes() == 0 ? Long.MAX_VALUE : config.memlock_bytes(), config.mappings())
                .withBar(config.bar_bytes(), config.bar_mmap(), config.bar_sparse())
                .withReset(config.device_reset(), true);
        return new CbdmaSettings(
                CbdmaSettings.functions(config.functions()).stream()
                        .map(each -> each.onNode(config.numa_node()))
                        .toList(),
                device,
                config.noiommu() ? mapped.withNoIommu() : mapped,
                timing(config),
                faults(config),
                config.spin_micros() * 1000);
    }

    private static Timing timing(final CbdmaModelConfig config) {
        return switch (config.timing()) {
            case "none" -> Timing.NONE;
            case "published" ->
                new Timing(true, config.timing_latency_nanos(), config.timing_floor_nanos(), config.timing_bandwidth());
            default -> throw unknown("timing", config.timing(), "none or published");
        };
    }

    private static Faults faults(final CbdmaModelConfig config) {
        return new Faults(
                config.fault_function(),
                config.fault_random(),
                config.fault_seed(),
                config.fault_dead_every(),
                config.fault_error_every(),
                config.fault_error_bit(),
                config.fault_halt_every(),
                config.fault_hang_every(),
                config.fault_hang_millis(),
                config.fault_late_every(),
                config.fault_late_millis(),
                config.fault_group_not_viable(),
                config.fault_map_fail_after());
    }

    private static IllegalArgumentException unknown(final String key, final String value, final String use) {
        return new IllegalArgumentException(PID + ": " + key + " '" + value + "' is not known; use " + use);
    }

    /** The functions of the model, their channels and counters, and what a driver did against the rules. */
    public String cbdma() {
        return model.report();
    }

    @Override
    public String name() {
        return model.name();
    }

    @Override
    public boolean isModel() {
        return model.isModel();
    }

    @Override
    public Path pci() {
        return model.pci();
    }

    @Override
    public Path vfio() {
        return model.vfio();
    }

    @Override
    public VfioContainer openContainer() throws LinuxException {
        return model.openContainer();
    }

    @Override
    public VfioGroup openGroup(final String file) throws LinuxException {
        return model.openGroup(file);
    }

    @Override
    public long physicalAddress(final long address) throws LinuxException {
        return model.physicalAddress(address);
    }
}
