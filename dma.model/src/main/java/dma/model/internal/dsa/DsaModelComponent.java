package dma.model.internal.dsa;

import dma.dsa.device.DsaHost;
import dma.model.pace.DevicePace;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.metatype.annotations.Designate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Offers a {@link DsaModel} as a service, as configuration {@code dma.model.dsa} says; without one, the default. */
@Component(
        service = {DsaModelComponent.class, DevicePace.class},
        immediate = true,
        configurationPid = "dma.model.dsa",
        property = {"osgi.command.scope=model", "osgi.command.function=dsa"})
@Designate(ocd = DsaModelConfig.class)
public final class DsaModelComponent implements DevicePace {
    private static final Logger LOG = LoggerFactory.getLogger(DsaModelComponent.class);

    private final BundleContext context;
    private DsaModel model;
    private DsaSettings settings;
    private ServiceRegistration<DsaHost> registration;

    @Activate
    public DsaModelComponent(final BundleContext context, final DsaModelConfig config) {
        this.context = context;
        begin(settings(config));
    }

    /** Faults change while the model runs; anything else needs another one. */
    @Modified
    synchronized void modify(final DsaModelConfig config) {
        final DsaSettings next = settings(config);
        final boolean same = next.withFaults(DsaFaults.NONE).equals(settings.withFaults(DsaFaults.NONE));
        if (same) {
            settings = next;
            model.change(next.faults());
            LOG.info("{} (model): faults: {}", DsaModel.NAME, next.faults());
        } else {
            end();
            begin(next);
        }
    }

    private synchronized void begin(final DsaSettings next) {
        settings = next;
        model = DsaModel.start(next);
        registration = context.registerService(DsaHost.class, model, null);
        LOG.info(
                "{} (model): software and no hardware: {}",
                DsaModel.NAME,
                next.queues().stream()
                        .map(queue -> DsaModel.NAME + queue.device() + "/" + queue.name())
                        .collect(Collectors.joining(", ")));
    }

    @Deactivate
    synchronized void end() {
        registration.unregister();
        model.close();
    }

    static DsaSettings settings(final DsaModelConfig config) {
        return DsaSettings.of(lines(config.devices()), lines(config.queues()))
                .onKernel(config.kernel(), config.kernel_write())
                .onProcessor(config.movdir64b(), config.enqcmd())
                .withRawio(config.rawio())
                .withPatience(config.spin_micros() * 1000, config.mappings_millis() * 1_000_000)
                .withSeed(config.seed())
                .withTiming(DsaTiming.parse(config.timing()))
                .withFaults(DsaFaults.NONE
                        .with(DsaFault.PAGE, config.fault_page())
                        .with(DsaFault.RESPONSE, config.fault_response())
                        .with(DsaFault.ERROR, config.fault_error())
                        .with(DsaFault.FULL, config.fault_full())
                        .with(DsaFault.HANG, config.fault_hang())
                        .with(DsaFault.HALT, config.fault_halt())
                        .with(DsaFault.LATE, config.fault_late())
                        .with(DsaFault.LIST, config.fault_list()));
    }

    @Override
    public synchronized double copyNanos(final String engine, final long bytes, final int alignment) {
        return new DsaPace(settings).copyNanos(engine, bytes, alignment);
    }

    @Override
    public synchronized int takeAlignment(final String engine) {
        return model.takeAlignment(engine);
    }

    @Override
    public synchronized String timing() {
        return "DSA: " + settings.timing();
    }

    private static List<String> lines(final String... values) {
        return Arrays.stream(values)
                .flatMap(value -> Arrays.stream(value.split(";")))
                .map(String::strip)
                .filter(line -> !line.isEmpty())
                .toList();
    }

    /** {@code model:dsa}: devices, queues, counters, errors and faults. */
    public synchronized String dsa() {
        return model.show();
    }

    /** {@code model:dsa reset}: ends halts and what hangs, and clears SWERR. */
    public synchronized String dsa(final String what) {
        if (!what.equals("reset")) {
            throw unknown(what);
        }
        model.reset();
        return model.show();
    }

    /** {@code model:dsa disable wq0.1}, {@code enable}, {@code remove}: what an operator does with accel-config. */
    public synchronized String dsa(final String what, final String workQueue) {
        switch (what) {
            case "disable" -> model.disable(workQueue);
            case "enable" -> model.enable(workQueue);
            case "remove" -> model.remove(workQueue);
            default -> throw unknown(what);
        }
        return model.show();
    }

    private static IllegalArgumentException unknown(final String what) {
        return new IllegalArgumentException("model:dsa: '" + what
                + "' is not known; use model:dsa, model:dsa reset, or model:dsa disable|enable|remove QUEUE");
    }
}
