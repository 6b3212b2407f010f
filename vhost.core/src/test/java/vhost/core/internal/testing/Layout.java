package vhost.core.internal.testing;

import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.Arguments;

/** The two ring layouts, for tests that tell the same of both. */
public enum Layout {
    SPLIT,
    PACKED;

    /** Each layout, with features that make headers of 10 and of 12 bytes. */
    public static Stream<Arguments> withHeaders() {
        return Arrays.stream(values())
                .flatMap(
                        layout -> Stream.of(0L, RingFixture.VERSION_1).map(features -> Arguments.of(layout, features)));
    }
}
