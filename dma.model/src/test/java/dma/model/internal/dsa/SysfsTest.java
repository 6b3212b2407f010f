package dma.model.internal.dsa;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dma.dsa.device.WorkQueueFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Collections;
import linux.LinuxException;
import org.junit.jupiter.api.Test;

/** What a driver finds. */
class SysfsTest {
    private static String read(final DsaModel model, final String attribute) throws IOException {
        final String text = Files.readString(model.sysfs().resolve(attribute));
        assertThat(text).endsWith("\n");
        return text.stripTrailing();
    }

    @Test
    void shouldShowTheDefaultDevices() throws IOException {
        try (DsaModel model = DsaModel.start(DsaSettings.DEFAULT)) {
            assertThat(model.name()).isEqualTo("dsa-model");
            assertThat(model.isModel()).isTrue();
            assertThat(read(model, "dsa0/version")).isEqualTo("0x100");
            assertThat(read(model, "dsa0/gen_cap")).isEqualTo("0x40915f0107");
            assertThat(read(model, "dsa0/state")).isEqualTo("enabled");
            assertThat(read(model, "dsa0/max_transfer_size")).isEqualTo("2147483648");
            assertThat(read(model, "dsa0/max_batch_size")).isEqualTo("1024");
            assertThat(read(model, "dsa0/pasid_enabled")).isEqualTo("1");
            assertThat(read(model, "dsa0/errors"))
                    .isEqualTo(String.join(" ", Collections.nCopies(4, "0x0000000000000000")));
            assertThat(read(model, "wq0.0/mode")).isEqualTo("dedicated");
            assertThat(read(model, "wq0.0/threshold")).isEqualTo("0");
            assertThat(read(model, "wq0.0/op_config"))
                    .endsWith(",00000000,0000003f")
                    .hasSize(8 * 9 - 1);
            assertThat(read(model, "wq1.1/mode")).isEqualTo("shared");
            assertThat(read(model, "wq1.1/op_config")).as("without BATCH").endsWith("0000003d");
            assertThat(read(model, "wq1.1/enqcmds_retries")).isEqualTo("32");
            assertThat(read(model, "wq1.1/type")).isEqualTo("user");
            assertThat(read(model, "wq1.1/driver_name")).isEqualTo("user");
            assertThat(read(model, "group0.1/engines")).isEqualTo("engine0.2 engine0.3");
            assertThat(read(model, "group0.1/work_queues")).isEqualTo("wq0.1");
            assertThat(read(model, "engine0.3/group_id")).isEqualTo("1");
            for (final WorkQueueSettings queue : DsaSettings.DEFAULT.queues()) {
                assertThat(model.devices().resolve(queue.name())).exists();
            }
        }
    }

    /** A driver that looks meanwhile must find all of the queue: it would withdraw one without a device number. */
    @Test
    void shouldLeaveTheQueueThereWhileItIsOpenedAndClosed() throws Exception {
        try (DsaModel model = DsaModel.start(DsaSettings.DEFAULT)) {
            final Object before = identity(model, "wq0.0/cdev_minor");
            final WorkQueueFile file = model.open("wq0.0");
            assertThat(identity(model, "wq0.0/cdev_minor")).isEqualTo(before);
            file.close();
            assertThat(identity(model, "wq0.0/cdev_minor")).isEqualTo(before);
        }
    }

    private static Object identity(final DsaModel model, final String attribute) throws IOException {
        return Files.readAttributes(model.sysfs().resolve(attribute), BasicFileAttributes.class)
                .fileKey();
    }

    @Test
    void shouldLackWhatAnOldKernelLacks() {
        try (DsaModel model = DsaModel.start(DsaSettings.DEFAULT.onKernel("5.15", false))) {
            final Path queue = model.sysfs().resolve("wq0.1");
            assertThat(queue.resolve("occupancy")).exists();
            assertThat(queue.resolve("enqcmds_retries")).doesNotExist();
            assertThat(queue.resolve("op_config")).doesNotExist();
            assertThat(queue.resolve("driver_name")).doesNotExist();
            assertThat(queue.resolve("prs_disable")).doesNotExist();
            assertThat(model.sysfs().resolve("dsa0/event_log_size")).doesNotExist();
        }
    }

    @Test
    void shouldFollowAQueueThatComesAndGoes() throws IOException {
        try (DsaModel model = DsaModel.start(Rig.settings("", "enabled=false"))) {
            final Path node = model.devices().resolve("wq0.0");
            final Path minor = model.sysfs().resolve("wq0.0/cdev_minor");
            assertThat(read(model, "wq0.0/state")).isEqualTo("disabled");
            assertThat(node).doesNotExist();
            assertThatThrownBy(() -> Files.readString(minor)).isInstanceOf(IOException.class);
            model.enable("wq0.0");
            assertThat(read(model, "wq0.0/state")).isEqualTo("enabled");
            assertThat(node).exists();
            assertThat(read(model, "wq0.0/cdev_minor")).isEqualTo("0");
            model.disable("wq0.0");
            assertThat(node).doesNotExist();
            model.remove("wq0.0");
            assertThat(model.sysfs().resolve("wq0.0")).doesNotExist();
            model.enable("wq0.0");
            assertThat(node).exists();
            assertThatThrownBy(() -> model.disable("wq7.0")).hasMessageContaining("wq7.0");
        }
    }

    @Test
    void shouldCountWhoHasItOpen() throws IOException {
        try (DsaModel model = DsaModel.start(DsaSettings.DEFAULT)) {
            final WorkQueueFile file = model.open("wq0.0");
            assertThat(read(model, "wq0.0/clients")).isEqualTo("1");
            file.close();
            assertThat(read(model, "wq0.0/clients")).isEqualTo("0");
        }
    }

    @Test
    void shouldShowSwerr() throws LinuxException {
        try (Rig rig = new Rig(Rig.settings("", "mode=shared"), "wq0.0")) {
            rig.move(0, 0, 8);
            rig.portal().movdir64b(rig.descriptor(0));
            Rig.await(() -> {
                try {
                    return read(rig.model, "dsa0/errors").startsWith("0x0000000000002009 ");
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            });
        }
    }

    @Test
    void shouldLeaveNothingBehind() {
        final DsaModel model = DsaModel.start(DsaSettings.DEFAULT);
        final Path root = model.sysfs().getParent();
        model.close();
        assertThat(root).doesNotExist();
    }
}
