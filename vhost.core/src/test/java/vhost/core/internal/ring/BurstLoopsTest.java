package vhost.core.internal.ring;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.Attributes;
import java.lang.classfile.ClassFile;
import java.lang.classfile.MethodModel;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The loops over a burst stay roots of compilations of their own: docs/decisions/0024. */
class BurstLoopsTest {
    /** HotSpot's FreqInlineSize: a method with more bytes of code is not inlined, however hot it is. */
    private static final int INLINED_AT_MOST = 325;

    @ParameterizedTest
    @CsvSource({
        "vhost.core.internal.ring.PackedVirtqueue, takeRun",
        "vhost.core.internal.ring.SplitVirtqueue, takeRun",
        "vhost.core.internal.async.GuestReceive, fillRun",
        "vhost.core.internal.async.GuestTransmit, takeRun",
    })
    void shouldBeTooLongToBecomeAPartOfTheirCallers(final String type, final String method) throws IOException {
        final List<MethodModel> found = methods(type, method);
        assertThat(found).hasSize(1);
        assertThat(found.getFirst()
                        .findAttribute(Attributes.code())
                        .orElseThrow()
                        .codeLength())
                .as("bytes of code; with fewer HotSpot may inline it, and what it calls is too deep then")
                .isGreaterThan(INLINED_AT_MOST);
    }

    private static List<MethodModel> methods(final String type, final String method) throws IOException {
        try (InputStream in = BurstLoopsTest.class.getResourceAsStream('/' + type.replace('.', '/') + ".class")) {
            return ClassFile.of().parse(in.readAllBytes()).methods().stream()
                    .filter(m -> m.methodName().equalsString(method))
                    .toList();
        }
    }
}
