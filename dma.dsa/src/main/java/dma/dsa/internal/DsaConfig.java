package dma.dsa.internal;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;
import org.osgi.service.metatype.annotations.Option;

/** {@code dma.dsa}. Names are the keys, {@code _} being a dot. */
@ObjectClassDefinition(name = "engines on Intel DSA work queues")
public @interface DsaConfig {
    @AttributeDefinition(
            description = "how descriptors reach the device: by the kernel (write), by instructions of the processor"
                    + " to a mapped page (portal), or by whichever is possible (auto)",
            options = {@Option("auto"), @Option("write"), @Option("portal")})
    String submission() default "auto";

    @AttributeDefinition(
            description = "whether guest memory is made present when a queue gets an engine; it then takes all of its"
                    + " memory at once, and the device meets fewer page faults")
    boolean prefault() default false;

    @AttributeDefinition(
            description = "whether the device waits for pages itself where the work queue allows it; it may hold up"
                    + " the copies of others meanwhile")
    boolean block_on_fault() default false;

    @AttributeDefinition(
            description =
                    "whether the processor copies the first bytes, up to where the destination is a multiple of 64,"
                            + " and the device the rest: devices are slow where a destination is not")
    boolean align_destinations() default true;

    @AttributeDefinition(description = "seconds between two looks at which work queues there are; 0: only at the start")
    int rescan_seconds() default 5;

    @AttributeDefinition(
            description = "how often a copy that met a page fault is given to the device again before the processor"
                    + " makes the rest, 0 to 100")
    int resume_limit() default 4;

    @AttributeDefinition(description = "most copies that a virtqueue has given away at once, 1 to 4096")
    int in_flight() default 512;
}
