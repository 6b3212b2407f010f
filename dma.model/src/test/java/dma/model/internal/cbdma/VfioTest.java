package dma.model.internal.cbdma;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dma.cbdma.device.VfioContainer;
import dma.cbdma.device.VfioContainer.IovaRange;
import dma.cbdma.device.VfioDevice;
import dma.cbdma.device.VfioGroup;
import dma.model.internal.cbdma.CbdmaSettings.PciFunction;
import dma.model.internal.cbdma.CbdmaSettings.Vfio;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import linux.Errno;
import linux.Linux;
import linux.LinuxException;
import linux.Memory;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a driver finds in files, and what containers, groups and devices answer. */
@Timeout(60)
class VfioTest {
    private static final int RW = VfioContainer.READ | VfioContainer.WRITE;
    private static final long PAGE = 4096;

    private CbdmaModel model;
    private long memory;

    private void start(final CbdmaSettings settings) throws LinuxException {
        model = CbdmaModel.start(settings);
        memory = Linux.mmap(
                64 * PAGE, Linux.PROT_READ | Linux.PROT_WRITE, Linux.MAP_PRIVATE | Linux.MAP_ANONYMOUS, -1, 0);
    }

    private void start(final Vfio vfio) throws LinuxException {
        start(CbdmaSettings.DEFAULT.withVfio(vfio));
    }

    @AfterEach
    void close() throws LinuxException {
        model.close();
        Linux.munmap(memory, 64 * PAGE);
    }

    private static void assertErrno(final int errno, final ThrowingCallable call) {
        assertThatExceptionOfType(LinuxException.class)
                .isThrownBy(call)
                .satisfies(e -> assertThat(e.errno()).isEqualTo(errno))
                .withMessageContaining("model");
    }

    /** With the first group, and an IOMMU. */
    private VfioContainer container(final int type) throws LinuxException {
        final VfioContainer container = model.openContainer();
        final VfioGroup group = model.openGroup(type == VfioContainer.NOIOMMU ? "noiommu-16" : "16");
        group.setContainer(container);
        container.setIommu(type);
        return container;
    }

    @Test
    void shouldLookLikeAHostToADriver() throws Exception {
        start(CbdmaSettings.DEFAULT);
        try (Stream<Path> functions = Files.list(model.pci())) {
            assertThat(functions.map(each -> each.getFileName().toString()).sorted())
                    .hasSize(8)
                    .startsWith("0000:00:04.0")
                    .endsWith("0000:00:04.7");
        }
        final Path second = model.pci().resolve("0000:00:04.1");
        assertThat(second.resolve("vendor")).hasContent("0x8086");
        assertThat(second.resolve("device")).hasContent("0x0b00");
        assertThat(second.resolve("numa_node")).hasContent("0");
        assertThat(Files.readSymbolicLink(second.resolve("iommu_group")).getFileName())
                .hasToString("17");
        assertThat(Files.readSymbolicLink(second.resolve("driver")).getFileName())
                .hasToString("vfio-pci");
        assertThat(second.resolve("driver").toRealPath()).isDirectory();
        assertThat(model.vfio().resolve("vfio")).exists();
        assertThat(model.vfio().resolve("17")).exists();
        final Path folder = model.pci();
        model.close();
        assertThat(folder).doesNotExist();
        assertThat(folder.resolve("../../../..").normalize()).doesNotExist();
    }

    @Test
    void shouldShowFunctionsOfOtherDriversAndWithoutAGroup() throws Exception {
        start(CbdmaSettings.DEFAULT.withFunctions(List.of(
                new PciFunction("0000:00:04.0", 0, 3, "vfio-pci"),
                new PciFunction("0000:00:04.1", 0, 3, "ioatdma"),
                new PciFunction("0000:80:04.0", 1, 4, "ioatdma"),
                new PciFunction("0000:80:04.1", 1, -1, ""))));
        assertThat(model.vfio().resolve("4")).doesNotExist();
        assertThat(model.pci().resolve("0000:80:04.1/iommu_group")).doesNotExist();
        assertThat(model.pci().resolve("0000:80:04.1/driver")).doesNotExist();
        assertErrno(Errno.ENOENT, () -> model.openGroup("4"));
        assertErrno(Errno.ENOENT, () -> model.openGroup("noiommu-3"));
        final VfioContainer container = model.openContainer();
        final VfioGroup group = model.openGroup("3");
        assertThat(group.status()).isZero();
        assertErrno(Errno.EINVAL, () -> group.setContainer(container));
    }

    @Test
    void shouldInsistOnTheOrderOfCalls() throws Exception {
        start(CbdmaSettings.DEFAULT);
        final VfioContainer container = model.openContainer();
        assertThat(container.apiVersion()).isZero();
        assertThat(container.hasExtension(VfioContainer.TYPE1)).isTrue();
        assertThat(container.hasExtension(VfioContainer.NOIOMMU)).isFalse();
        assertErrno(Errno.EINVAL, () -> container.setIommu(VfioContainer.TYPE1));
        assertErrno(Errno.EINVAL, () -> container.mapDma(memory, 0, PAGE, RW));
        final VfioGroup group = model.openGroup("16");
        assertErrno(Errno.EBUSY, () -> model.openGroup("16"));
        assertThat(group.status()).isEqualTo(VfioGroup.VIABLE);
        assertErrno(Errno.EINVAL, group::unsetContainer);
        assertErrno(Errno.EINVAL, () -> group.device("0000:00:04.0"));
        group.setContainer(container);
        assertThat(group.status()).isEqualTo(VfioGroup.VIABLE | VfioGroup.CONTAINER_SET);
        assertErrno(Errno.EINVAL, () -> group.device("0000:00:04.0"));
        assertErrno(Errno.ENODEV, () -> container.setIommu(VfioContainer.NOIOMMU));
        container.setIommu(VfioContainer.TYPE1_V2);
        assertErrno(Errno.EINVAL, () -> container.setIommu(VfioContainer.TYPE1_V2));
        assertErrno(Errno.ENODEV, () -> group.device("0000:00:04.1"));
        final VfioDevice device = group.device("0000:00:04.0");
        assertErrno(Errno.EBUSY, () -> group.device("0000:00:04.0"));
        assertErrno(Errno.EBUSY, group::unsetContainer);
        group.close();
        assertErrno(Errno.EBUSY, () -> model.openGroup("16"));
        device.close();
        assertErrno(Errno.EBADF, device::flags);
        model.openGroup("16").close();
        container.close();
        assertErrno(Errno.EBADF, container::apiVersion);
    }

    @Test
    void shouldRefuseMappingsAsTheKernelDoes() throws Exception {
        start(CbdmaSettings.DEFAULT);
        final VfioContainer container = container(VfioContainer.TYPE1_V2);
        container.mapDma(memory, 0x10000, 2 * PAGE, RW);
        assertErrno(Errno.EEXIST, () -> container.mapDma(memory, 0x11000, PAGE, RW));
        assertErrno(Errno.EEXIST, () -> container.mapDma(memory, 0xF000, 2 * PAGE, RW));
        container.mapDma(memory, 0x12000, PAGE, VfioContainer.READ);
        container.mapDma(memory, 0xF000, PAGE, RW);
        assertErrno(Errno.EINVAL, () -> container.mapDma(memory, 0x20000, 0, RW));
        assertErrno(Errno.EINVAL, () -> container.mapDma(memory, 0x20000, PAGE + 1, RW));
        assertErrno(Errno.EINVAL, () -> container.mapDma(memory + 8, 0x20000, PAGE, RW));
        assertErrno(Errno.EINVAL, () -> container.mapDma(memory, 0x20008, PAGE, RW));
        assertErrno(Errno.EINVAL, () -> container.mapDma(memory, 0x20000, PAGE, 0));
        assertErrno(Errno.EINVAL, () -> container.mapDma(memory, 0xFEDF_F000L, 2 * PAGE, RW));
        assertErrno(Errno.EINVAL, () -> container.mapDma(memory, 1L << 48, PAGE, RW));
        assertErrno(Errno.EINVAL, () -> container.mapDma(memory, -PAGE, PAGE, RW));
        assertErrno(Errno.EFAULT, () -> container.mapDma(0x1000, 0x20000, PAGE, RW));
        assertThat(container.info().ranges())
                .containsExactly(new IovaRange(0, 0xFEDF_FFFFL), new IovaRange(0xFEF0_0000L, (1L << 48) - 1));
        assertThat(container.info().available()).isEqualTo(65_535 - 3);
        assertThat(container.info().pageSizes() & PAGE).isEqualTo(PAGE);
    }

    @Test
    void shouldUnmapWholeMappingsOnly() throws Exception {
        start(CbdmaSettings.DEFAULT);
        final VfioContainer container = container(VfioContainer.TYPE1_V2);
        for (int i = 0; i < 4; i++) {
            container.mapDma(memory + 2 * i * PAGE, 0x10000 + 2 * i * PAGE, 2 * PAGE, RW);
        }
        assertErrno(Errno.EINVAL, () -> container.unmapDma(0x11000, PAGE));
        assertErrno(Errno.EINVAL, () -> container.unmapDma(0x10000, PAGE));
        assertErrno(Errno.EINVAL, () -> container.unmapDma(0x10000, 3 * PAGE));
        assertErrno(Errno.EINVAL, () -> container.unmapDma(0x10000, 0));
        assertErrno(Errno.EINVAL, () -> container.unmapDma(0x10001, PAGE));
        assertThat(container.unmapDma(0x12000, 4 * PAGE)).isEqualTo(4 * PAGE);
        assertThat(container.unmapDma(0x12000, 4 * PAGE)).isZero();
        assertThat(container.info().available()).isEqualTo(65_535 - 2);
        container.mapDma(memory, 0x13000, PAGE, RW);
        assertThat(container.unmapDma(0, 0x100000)).isEqualTo(5 * PAGE);
    }

    @Test
    void shouldLimitMemoryAndMappings() throws Exception {
        start(Vfio.TYPE1.withLimits(4 * PAGE, 3));
        final VfioContainer container = container(VfioContainer.TYPE1);
        container.mapDma(memory, 0, 2 * PAGE, RW);
        assertErrno(Errno.ENOMEM, () -> container.mapDma(memory, 0x10000, 3 * PAGE, RW));
        container.mapDma(memory, 0x10000, PAGE, RW);
        container.mapDma(memory, 0x20000, PAGE, RW);
        assertErrno(Errno.ENOSPC, () -> container.mapDma(memory, 0x30000, PAGE, RW));
        container.unmapDma(0, 2 * PAGE);
        container.mapDma(memory, 0x30000, 2 * PAGE, RW);
    }

    @Test
    void shouldForgetMappingsWithTheLastGroup() throws Exception {
        start(CbdmaSettings.DEFAULT);
        final VfioContainer container = model.openContainer();
        final VfioGroup group = model.openGroup("16");
        group.setContainer(container);
        container.setIommu(VfioContainer.TYPE1);
        container.mapDma(memory, 0, PAGE, RW);
        group.unsetContainer();
        assertErrno(Errno.EINVAL, container::info);
        group.setContainer(container);
        container.setIommu(VfioContainer.TYPE1);
        assertThat(container.info().available()).isEqualTo(65_535);
    }

    @Test
    void shouldBeAKernelOfLongAgoWhereConfigured() throws Exception {
        start(Vfio.TYPE1.withType1Only());
        final VfioContainer container = container(VfioContainer.TYPE1);
        assertThat(container.hasExtension(VfioContainer.TYPE1_V2)).isFalse();
        assertThat(container.info().ranges()).isEmpty();
        assertThat(container.info().available()).isEqualTo(-1);
    }

    @Test
    void shouldFailMappingsAndGroupsWhereInjected() throws Exception {
        start(CbdmaSettings.DEFAULT.withFaults(Faults.NONE.withMapFailAfter(1)));
        final VfioContainer container = container(VfioContainer.TYPE1);
        container.mapDma(memory, 0, PAGE, RW);
        assertErrno(Errno.ENOMEM, () -> container.mapDma(memory, 0x10000, PAGE, RW));
        model.inject(Faults.NONE.withNotViable());
        container.mapDma(memory, 0x10000, PAGE, RW);
        assertThat(model.openGroup("17").status()).isZero();
    }

    @Test
    void shouldTellOfRegionsAndConfigurationSpace() throws Exception {
        start(Vfio.TYPE1.withBar(0x2000, false, true).withReset(false, true));
        final VfioContainer container = model.openContainer();
        final VfioGroup group = model.openGroup("16");
        group.setContainer(container);
        container.setIommu(VfioContainer.TYPE1);
        final VfioDevice device = group.device("0000:00:04.0");
        assertThat(device.flags() & VfioDevice.CAN_RESET).isZero();
        assertErrno(Errno.EINVAL, device::reset);
        assertThat(device.region(VfioDevice.BAR0).size()).isEqualTo(0x2000);
        assertThat(device.region(VfioDevice.BAR0).flags() & VfioDevice.REGION_MMAP)
                .isZero();
        assertThat(device.region(1).size()).isZero();
        assertThat(device.region(VfioDevice.CONFIG).size()).isEqualTo(4096);
        assertErrno(Errno.EINVAL, () -> device.region(9));
        assertThat(device.readConfig32(0)).isEqualTo(0x0B00_8086);
        assertThat(device.readConfig16(4)).isZero();
        assertThat(device.registers().read64(0x88)).isEqualTo(-1);
        device.writeConfig16(4, 0x406);
        assertThat(device.readConfig16(4)).isEqualTo(0x406);
        device.writeConfig16(0, 0);
        assertThat(device.readConfig16(0)).isEqualTo(0x8086);
        assertErrno(Errno.EINVAL, () -> device.readConfig32(4094));
        device.close();
    }

    @Test
    void shouldLoseCommandByAResetWhereConfigured() throws Exception {
        start(Vfio.TYPE1.withReset(true, false));
        try (HandDriver driver = new HandDriver(model)) {
            driver.device.reset();
            assertThat(driver.device.readConfig16(4)).isZero();
            assertThat(driver.registers.read64(0x88)).isEqualTo(-1);
        }
    }

    @Test
    void shouldReachPhysicalMemoryWithoutAnIommu() throws Exception {
        start(Vfio.TYPE1.withNoIommu());
        assertThat(model.vfio().resolve("noiommu-16")).exists();
        assertThat(model.vfio().resolve("16")).doesNotExist();
        final VfioContainer container = model.openContainer();
        assertThat(container.hasExtension(VfioContainer.TYPE1)).isFalse();
        assertThat(container.hasExtension(VfioContainer.NOIOMMU)).isTrue();
        final VfioGroup group = model.openGroup("noiommu-16");
        group.setContainer(container);
        container.setIommu(VfioContainer.NOIOMMU);
        assertErrno(Errno.ENOTTY, () -> container.mapDma(memory, 0, PAGE, RW));
        final PhysicalMemory physical = model.physicalMemory();
        final AddressSpace.Place place = new AddressSpace.Place();
        final long of = model.physicalAddress(memory + 8);
        assertThat(of).isNotEqualTo(memory + 8);
        assertThat(physical.find(of, PAGE, RW, place)).isTrue();
        assertThat(place.address).isEqualTo(memory + 8);
        assertThat(place.length).isEqualTo(PAGE - 8);
        // The virtual address is no physical one, and the next page was not asked for.
        assertThat(physical.find(memory + 8, 8, RW, place)).isFalse();
        assertThat(physical.find(of + PAGE, 8, RW, place)).isFalse();
        for (long page = 0; page < 2000; page++) {
            model.physicalAddress((1L << 40) + page * PAGE);
        }
        assertThat(physical.find(of, 8, RW, place)).isTrue();
        for (long page = 0; page < 2000; page++) {
            assertThat(physical.find(model.physicalAddress((1L << 40) + page * PAGE), 8, RW, place))
                    .isTrue();
        }
    }

    @Test
    void shouldRefusePhysicalAddressesUnderAnIommu() throws Exception {
        start(CbdmaSettings.DEFAULT);
        assertErrno(Errno.EPERM, () -> model.physicalAddress(memory));
    }

    @Test
    void shouldEndWithDevicesStillOpen() throws Exception {
        start(CbdmaSettings.DEFAULT);
        final HandDriver driver = new HandDriver(model);
        driver.arm();
        model.close();
        assertThat(driver.registers.read64(0x88)).isEqualTo(-1);
        driver.copy(0, 0, 8);
        driver.doorbell(1);
        assertErrno(Errno.ENOENT, model::openContainer);
        assertErrno(Errno.ENOENT, () -> model.openGroup("17"));
        driver.close();
        assertThat(Memory.getByte(memory)).isZero();
    }
}
