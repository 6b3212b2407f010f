package dma.model.internal.dsa;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** {@code dma.model.dsa}. Names are the keys, {@code _} being a dot. Faults can be changed at any time, the rest starts anew. */
@ObjectClassDefinition(name = "a software model of Intel DSA")
public @interface DsaModelConfig {
    @AttributeDefinition(
            description =
                    "devices, one each or separated by ';': dsa0 numa=0 version=0x100 gencap=0x40915f0107 engines=2,2"
                            + " (of each group) safe=true (portals and batches for everybody) pasid=true")
    String[] devices() default {DsaSettings.DEVICE0, DsaSettings.DEVICE1};

    @AttributeDefinition(
            description = "work queues, one each or separated by ';': wq0.1 mode=shared size=64 threshold=64 group=0"
                    + " transfer=2097152 batch=32 bof=false ops=0x3f type=user driver=user label=model priority=10"
                    + " enabled=true")
    String[] queues() default {DsaSettings.QUEUE00, DsaSettings.QUEUE01, DsaSettings.QUEUE10, DsaSettings.QUEUE11};

    @AttributeDefinition(description = "the kernel whose sysfs attributes there are")
    String kernel() default "6.10";

    @AttributeDefinition(description = "whether that kernel takes descriptors by write(2)")
    boolean kernel_write() default true;

    @AttributeDefinition(description = "whether the modelled processor has MOVDIR64B")
    boolean movdir64b() default true;

    @AttributeDefinition(description = "whether the modelled processor has ENQCMD")
    boolean enqcmd() default true;

    @AttributeDefinition(description = "whether the process is taken to have CAP_SYS_RAWIO")
    boolean rawio() default false;

    @AttributeDefinition(
            description = "microseconds that a device's thread polls after its last descriptor before it sleeps")
    long spin_micros() default 50;

    @AttributeDefinition(description = "milliseconds that a list of the process' mappings is believed")
    long mappings_millis() default 1000;

    @AttributeDefinition(description = "where the pseudo-random order of completions begins")
    long seed() default 1;

    @AttributeDefinition(
            description = "empty: as fast as the threads can; published=true: as published, with charge=false"
                    + " bandwidth=31400 (MB/s) launch=750 floor=50 floor32=370 floor16=740 devicefloor=28"
                    + " enqcmd=190 movdir64b=60 write=300 fault=15000 (nanoseconds)")
    String timing() default "";

    @AttributeDefinition(description = "page faults of copies: every=100 at=512 (bytes) side=read times=1 (in a row)")
    String fault_page() default "";

    @AttributeDefinition(
            description = "page requests answered by no: every=100 at=512 (bytes) side=write times=1 (in a row)")
    String fault_response() default "";

    @AttributeDefinition(description = "descriptors that end with a status: every=100 code=0x20")
    String fault_error() default "";

    @AttributeDefinition(description = "shared queues that refuse: every=100 times=5 (in a row)")
    String fault_full() default "";

    @AttributeDefinition(
            description = "queues that take no further descriptor: every=100000 millis=100 (-1: until model:dsa reset)")
    String fault_hang() default "";

    @AttributeDefinition(
            description = "devices that halt and lose everything: every=100000 millis=100 (-1: until model:dsa reset)")
    String fault_halt() default "";

    @AttributeDefinition(description = "copies that land once more: every=100 millis=10")
    String fault_late() default "";

    @AttributeDefinition(description = "lists of batches that cannot be read: every=100 at=1 (member)")
    String fault_list() default "";
}
