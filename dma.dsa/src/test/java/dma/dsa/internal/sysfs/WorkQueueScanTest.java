package dma.dsa.internal.sysfs;

import static org.assertj.core.api.Assertions.assertThat;

import dma.dsa.internal.testing.FakeHost;
import dma.dsa.internal.wire.Opcode;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What sysfs tells of work queues, and why one cannot be used. */
class WorkQueueScanTest {
    @TempDir
    private Path folder;

    private FakeHost host;

    @BeforeEach
    void create() {
        host = new FakeHost(folder);
        host.add("wq0.0", true, 16);
    }

    private WorkQueue first() {
        return WorkQueueScan.of(host).queues().getFirst();
    }

    private Obstacle obstacle() {
        return first().obstacle();
    }

    @Test
    void shouldReadWhatIsThere() {
        host.set("wq0.0/max_transfer_size", "2097152");
        host.set("wq0.0/block_on_fault", "1");
        host.set("wq0.0/ats_disable", "1");
        final WorkQueue queue = first();
        assertThat(queue.whyNot()).isEmpty();
        assertThat(queue.path()).isEqualTo("dsa0/wq0.0");
        assertThat(queue.dedicated()).isTrue();
        assertThat(queue.size()).isEqualTo(16);
        assertThat(queue.maxCopyBytes()).isEqualTo(2_097_152);
        assertThat(queue.batchLimit()).isEqualTo(8);
        assertThat(queue.blockOnFault()).isTrue();
        assertThat(queue.engines()).isEqualTo(1);
        assertThat(queue.device().hasCacheControl()).isTrue();
        assertThat(queue.device().numaNode()).isEqualTo(1);
        assertThat(queue.summary())
                .isEqualTo("dedicated, 16 entries, copies up to 2097152 bytes, batches up to 8, block on fault, without"
                        + " address translation service, 1 engine, NUMA node 1, named vhost");
    }

    @Test
    void shouldTolerateWhatOldKernelsDoNotHave() {
        for (final String absent : new String[] {
            "wq0.0/driver_name",
            "wq0.0/op_config",
            "wq0.0/block_on_fault",
            "wq0.0/max_batch_size",
            "wq0.0/max_transfer_size",
            "wq0.0/name",
            "dsa0/numa_node",
            "dsa0/version",
            "dsa0/gen_cap",
            "dsa0/pasid_enabled",
            "dsa0/op_cap"
        }) {
            host.remove(absent);
        }
        final WorkQueue queue = first();
        assertThat(queue.whyNot()).isEmpty();
        assertThat(queue.batchLimit()).isEqualTo(1024);
        assertThat(queue.maxCopyBytes()).isEqualTo(2_147_483_648L);
        assertThat(queue.blockOnFault()).isFalse();
        assertThat(queue.device().hasCacheControl()).isFalse();
        assertThat(queue.device().numaNode()).isEqualTo(-1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "wq0.0/state    | disabled | it is disabled | accel-config enable-wq dsa0/wq0.0",
                "wq0.0/type     | kernel   | it belongs to the kernel | --type=user",
                "wq0.0/type     | none     | its type is none | --type=user",
                "wq0.0/size     | 0        | it has no entries | --wq-size=16",
                "wq0.0/driver_name | dmaengine | its driver is 'dmaengine', not 'user' | --driver-name=user",
                "wq0.0/mode     | shared   | it is shared and its threshold is 0 | --threshold=16",
                "wq0.0/group_id | -1       | it is in no group | --group-id=0",
                "wq0.0/group_id | 2        | its group 2 has no engine | config-engine dsa0/engine0.0 --group-id=2",
                "wq0.0/op_config | 00000000,00000000,00000000,00000000,00000000,00000000,00000001,003f03f7"
                        + " | it may not copy: op_config has no MEMMOVE | --op-config=9",
                "dsa0/state     | disabled | its device is disabled"
                        + " | accel-config enable-device dsa0 && accel-config enable-wq dsa0/wq0.0",
                "dsa0/pasid_enabled | 0    | its device cannot work on a process' addresses: pasid_enabled is 0"
                        + " | intel_iommu=on,sm_on"
            })
    void shouldSayWhyAQueueCannotBeUsed(
            final String attribute, final String value, final String reason, final String remedy) {
        host.set(attribute, value);
        assertThat(obstacle().reason()).isEqualTo(reason);
        assertThat(obstacle().remedy()).contains(remedy);
        assertThat(obstacle().toString())
                .isEqualTo(reason + "; mend it with: " + obstacle().remedy());
        assertThat(WorkQueueScan.of(host).nothing(host)).isEqualTo("none of its 1 work queue can be used");
    }

    @Test
    void shouldMissTheCharacterDevice() throws Exception {
        Files.delete(host.devices().resolve("wq0.0"));
        assertThat(obstacle().reason())
                .startsWith("it has no character device ")
                .endsWith("/dev/wq0.0");
        assertThat(obstacle().remedy()).contains("accel-config enable-wq dsa0/wq0.0");
    }

    @Test
    void shouldMissTheCharacterDeviceWhereItsNumberCannotBeRead() throws Exception {
        host.remove("wq0.0/cdev_minor");
        // Like ENXIO of the kernel: the file is there, and reading it fails.
        Files.createDirectory(host.sysfs().resolve("wq0.0/cdev_minor"));
        assertThat(obstacle().reason()).startsWith("it has no character device ");
    }

    @Test
    void shouldOrderByNumberAndIgnoreWhatIsNotDsa() {
        host.add("wq0.10", true, 4);
        host.add("wq0.2", false, 4);
        host.add("wq1.0", false, 4); // of iax1
        host.set("iax1/state", "enabled");
        host.set("group0.0/work_queues", "wq0.0");
        assertThat(WorkQueueScan.of(host).queues())
                .extracting(WorkQueue::name)
                .containsExactly("wq0.0", "wq0.2", "wq0.10");
        assertThat(WorkQueueScan.of(host).devices()).extracting(Device::name).containsExactly("dsa0");
    }

    @Test
    void shouldSayThatThereIsNothing(@TempDir final Path empty) {
        final FakeHost none = new FakeHost(empty.resolve("host"));
        none.remove("engine0.0/group_id");
        assertThat(WorkQueueScan.of(none).nothing(none)).isEqualTo("its DSA devices have no work queues");
        assertThat(WorkQueueScan.of(host).nothing(host)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "00000000,00000000,00000000,00000000,00000000,00000000,00000001,003f03ff",
                "0x1003f03ff 0x0 0x0 0x0",
                "1003f03ff",
                ""
            })
    void shouldReadOperationsOfAnyKernel(final String text) {
        final Operations operations = Operations.parse(text);
        assertThat(operations.allow(Opcode.MEMMOVE)).isTrue();
        assertThat(operations.allow(Opcode.BATCH)).isTrue();
        assertThat(operations.allow(Opcode.CFLUSH)).isTrue();
        assertThat(operations.bits() == -1 || !operations.allow(Opcode.DIF_UPDT) || (operations.bits() & 1 << 10) == 0)
                .isTrue();
    }

    @Test
    void shouldKnowThatBatchesAreMasked() {
        host.set("wq0.0/op_config", "00000000,00000000,00000000,00000000,00000000,00000000,00000001,003f03fd");
        assertThat(first().whyNot()).isEmpty();
        assertThat(first().batchLimit()).isZero();
    }
}
