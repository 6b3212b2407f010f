package dma.cbdma.internal.vfio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dma.cbdma.device.VfioContainer;
import linux.Errno;
import linux.Linux;
import linux.LinuxException;
import org.junit.jupiter.api.Test;

/** The calls reach the kernel, and what it refuses comes back. */
class KernelHostTest {
    private final KernelHost host = new KernelHost();

    @Test
    void shouldTellThatAGroupIsNotThere() {
        assertThatThrownBy(() -> host.openGroup("no-such-group"))
                .isInstanceOf(LinuxException.class)
                .hasMessage("open /dev/vfio/no-such-group: No such file or directory (errno 2)");
    }

    @Test
    void shouldPassOnWhatTheKernelSaysOfAFileThatIsNotVfios() throws Exception {
        final int fd = Linux.memfd("not-vfio", 4096, 0);
        try (VfioContainer container = new KernelContainer(fd)) {
            assertThatThrownBy(container::apiVersion).hasMessageStartingWith("VFIO_GET_API_VERSION: ");
            assertThatThrownBy(container::info).hasMessageStartingWith("VFIO_IOMMU_GET_INFO: ");
            assertThatThrownBy(() -> container.mapDma(0, 0, 4096, 3)).hasMessageStartingWith("VFIO_IOMMU_MAP_DMA: ");
        }
    }

    @Test
    void shouldGiveNoPhysicalAddressOfAPageThatMayMove() throws Exception {
        final long page =
                Linux.mmap(4096, Linux.PROT_READ, Linux.MAP_PRIVATE | Linux.MAP_ANONYMOUS | Linux.MAP_POPULATE, -1, 0);
        try {
            assertThatThrownBy(() -> host.physicalAddress(page))
                    .isInstanceOfSatisfying(
                            LinuxException.class,
                            e -> assertThat(e.errno())
                                    .isIn(Errno.EINVAL, Errno.EPERM, Errno.EACCES, Errno.EFAULT, Errno.ENOENT));
        } finally {
            Linux.munmap(page, 4096);
        }
    }
}
