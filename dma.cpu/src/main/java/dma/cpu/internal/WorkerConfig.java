package dma.cpu.internal;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;
import org.osgi.service.metatype.annotations.Option;

/** {@code dma.cpu.worker.default}, and each {@code dma.cpu.worker-NAME}. Names are the keys, {@code _} being a dot. */
@ObjectClassDefinition(name = "a thread that copies")
public @interface WorkerConfig {
    @AttributeDefinition(description = "the engine's name, such as cpu-worker-2; cpu-worker is the default instance's")
    String dma_engine_name();

    @AttributeDefinition(description = "most copies that a queue has given away at once, 1 to 65536")
    int capacity() default 128;

    @AttributeDefinition(description = "microseconds that the thread polls after its last copy before it sleeps")
    long spin_micros() default 50;

    @AttributeDefinition(
            description =
                    "in-order, or shuffled: the order in which copies are made; they are reported in theirs always",
            options = {@Option("in-order"), @Option("shuffled")})
    String order() default "in-order";

    @AttributeDefinition(description = "where the pseudo-random order begins")
    long seed() default 1;
}
