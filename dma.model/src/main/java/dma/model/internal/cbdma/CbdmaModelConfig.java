package dma.model.internal.cbdma;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;
import org.osgi.service.metatype.annotations.Option;

/** {@code dma.model.cbdma}. Names are the keys, {@code _} being a dot. The keys of {@code fault} count at once. */
@ObjectClassDefinition(name = "software model of CBDMA (IOAT) functions")
public @interface CbdmaModelConfig {
    @AttributeDefinition(description = "how many PCI functions, one channel each, 1 to 256")
    int functions() default 8;

    @AttributeDefinition(description = "NUMA node of all of them")
    int numa_node() default 0;

    @AttributeDefinition(description = "log2 of the longest transfer, 12 to 31")
    int xfercap() default 20;

    @AttributeDefinition(description = "most descriptors fetched ahead of the one at work, 0 to 64")
    int prefetch() default 0;

    @AttributeDefinition(
            description = "which CHANERR bits stand for what: linux, or dpdk",
            options = {@Option("linux"), @Option("dpdk")})
    String error_bits() default "linux";

    @AttributeDefinition(
            description = "when a channel's reset ends: delay, chainaddr (once CHAINADDR is written), or never",
            options = {@Option("delay"), @Option("chainaddr"), @Option("never")})
    String reset_end() default "delay";

    @AttributeDefinition(description = "microseconds that a channel's reset takes, with reset.end=delay")
    long reset_micros() default 20;

    @AttributeDefinition(description = "whether functions can be reset by VFIO")
    boolean device_reset() default true;

    @AttributeDefinition(description = "whether BAR0 may be mapped")
    boolean bar_mmap() default true;

    @AttributeDefinition(description = "bytes of BAR0")
    long bar_bytes() default 0x4000;

    @AttributeDefinition(description = "whether only parts of BAR0 may be mapped")
    boolean bar_sparse() default false;

    @AttributeDefinition(description = "whether there is no IOMMU: groups are noiommu ones, addresses physical")
    boolean noiommu() default false;

    @AttributeDefinition(description = "bytes that a container may map; 0 for no limit")
    long memlock_bytes() default 0;

    @AttributeDefinition(description = "most mappings of a container")
    int mappings() default 65_535;

    @AttributeDefinition(
            description =
                    "published (with assumed values: nobody has published any), or none: as fast as the thread can",
            options = {@Option("none"), @Option("published")})
    String timing() default "none";

    @AttributeDefinition(description = "published timing: doorbell to completion when idle, nanoseconds; assumed")
    long timing_latency_nanos() default 1500;

    @AttributeDefinition(description = "published timing: least time a descriptor takes, nanoseconds; assumed")
    long timing_floor_nanos() default 150;

    @AttributeDefinition(description = "published timing: bandwidth of a channel, MB/s; assumed")
    long timing_bandwidth() default 6000;

    @AttributeDefinition(description = "microseconds that the thread polls after its last work before it sleeps")
    long spin_micros() default 50;

    @AttributeDefinition(description = "index of the only function that faults concern; -1 for all")
    int fault_function() default -1;

    @AttributeDefinition(description = "faults happen by chance, once in so many descriptors, instead of at multiples")
    boolean fault_random() default false;

    @AttributeDefinition(description = "where chance begins")
    long fault_seed() default 1;

    @AttributeDefinition(
            description = "at every so many-th descriptor the channel dies: it halts with an error and no reset ends; 0"
                    + " never")
    int fault_dead_every() default 0;

    @AttributeDefinition(description = "at every so many-th descriptor the channel halts with an error; 0 never")
    int fault_error_every() default 0;

    @AttributeDefinition(description = "the CHANERR bit of that error, 0 to 27")
    int fault_error_bit() default 8;

    @AttributeDefinition(description = "at every so many-th descriptor the channel halts without an error; 0 never")
    int fault_halt_every() default 0;

    @AttributeDefinition(description = "at every so many-th descriptor the channel hangs; 0 never")
    int fault_hang_every() default 0;

    @AttributeDefinition(description = "for so many milliseconds; 0 until it is reset, or this configuration changes")
    long fault_hang_millis() default 0;

    @AttributeDefinition(
            description =
                    "every so many-th copy lands again after it was reported; against what hardware does; 0 never")
    int fault_late_every() default 0;

    @AttributeDefinition(description = "so many milliseconds later")
    long fault_late_millis() default 10;

    @AttributeDefinition(description = "whether groups say that they are not viable")
    boolean fault_group_not_viable() default false;

    @AttributeDefinition(description = "how many mappings a container takes before it fails; -1 for no such limit")
    int fault_map_fail_after() default -1;
}
