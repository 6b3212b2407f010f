package com.acme.dma;

import dma.api.DmaDiagnosis;
import java.util.List;
import org.osgi.service.component.annotations.Component;

/** What {@code ./vhost doctor} says of us: whether both lanes can run at the same time, without which stripes gain nothing. */
@Component(service = DmaDiagnosis.class)
public final class StripingDiagnosis implements DmaDiagnosis {
    @Override
    public List<Finding> examine() {
        // Of this thread, as of the lanes: not those that the platform's workers are bound to.
        return List.of(finding(Runtime.getRuntime().availableProcessors()));
    }

    static Finding finding(final int processors) {
        final int missing = StripingEngine.LANES - processors;
        return new Finding(
                Verdict.OK,
                "acme-stripes",
                "its " + StripingEngine.LANES + " lanes may use " + processors
                        + (processors == 1 ? " processor" : " processors"),
                missing <= 0 ? "" : "let the platform use " + missing + " more beside those of its workers");
    }
}
