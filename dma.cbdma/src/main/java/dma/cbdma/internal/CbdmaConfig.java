package dma.cbdma.internal;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** {@code dma.cbdma}. Names are the keys, {@code _} being a dot. */
@ObjectClassDefinition(name = "CBDMA functions under VFIO")
public @interface CbdmaConfig {
    @AttributeDefinition(
            description = "auto: all that are bound to vfio-pci; none; or addresses such as 0000:00:04.0,0000:00:04.1")
    String functions() default "auto";

    @AttributeDefinition(
            description = "whether functions are taken that no IOMMU keeps to our memory; all memory is to be in huge"
                    + " pages then, that of this process too, and a fault here can damage the whole host")
    boolean noiommu() default false;

    @AttributeDefinition(description = "seconds between two looks at what is bound; 0: only at the start")
    int rescan_seconds() default 10;

    @AttributeDefinition(description = "descriptors of a channel, 32 to 32768; rounded up to a power of two")
    int ring() default 1024;
}
