package bench.internal;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** {@code bench}: what {@code ./vhost bench} was asked for. Names are the keys, {@code _} being a dot. */
@ObjectClassDefinition(name = "bench")
public @interface BenchConfig {
    @AttributeDefinition(description = "how often every contender gets its turn")
    int rounds() default 30;

    @AttributeDefinition(description = "lengths of packets, bytes, 16 to 9216, ascending")
    String sizes() default "64,256,1024,1518,4096,9000";

    @AttributeDefinition(description = "ENGINE or ENGINE@THRESHOLD each; ratios are to the first")
    String engines() default
            "cpu-inline@1,builtin,cpu-worker@1,cpu-worker@256,cpu-worker@1024,cpu-worker@2048,cpu-worker@auto";

    @AttributeDefinition(description = "rx, tx or both")
    String direction() default "both";

    @AttributeDefinition(description = "packed rings instead of split ones")
    boolean packed() default false;

    @AttributeDefinition(description = "the processor of all but the worker; -1 for any")
    int cpu() default -1;

    @AttributeDefinition(description = "where the report goes, .csv or Markdown; empty for nowhere")
    String out() default "";

    @AttributeDefinition(description = "packets that are submitted and not complete at most")
    int outstanding() default Integer.MAX_VALUE;

    @AttributeDefinition(description = "whether data is flushed from the caches before each window")
    boolean cold() default false;

    @AttributeDefinition(description = "where the chart goes, .svg; empty for nowhere")
    String plot() default "";
}
