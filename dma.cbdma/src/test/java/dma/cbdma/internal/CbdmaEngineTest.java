package dma.cbdma.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dma.api.Completions;
import dma.api.CopyBatch;
import dma.api.CopyStatus;
import dma.api.DmaDiagnosis;
import dma.api.DmaDiagnosis.Verdict;
import dma.api.DmaException;
import dma.api.DmaLimits;
import dma.api.DmaOps;
import dma.api.MemoryRegion;
import dma.cbdma.device.VfioContainer;
import dma.cbdma.device.VfioContainer.IovaRange;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import linux.Errno;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Engines of hosts, their functions, and the memory that these reach. */
class CbdmaEngineTest {
    private static final String FIRST = "0000:00:04.0";
    private static final String SECOND = "0000:00:04.1";
    private static final String REMOTE = "0000:80:04.0";

    private final Arena arena = Arena.ofAuto();
    private final MemorySegment memory = arena.allocate(1 << 16, 4096);
    private final MemoryRegion region = new MemoryRegion(memory.address(), memory.byteSize());

    @TempDir
    private Path folder;

    private FakeHost host;
    private CbdmaEngines engines;

    @BeforeEach
    void makeHost() throws Exception {
        host = new FakeHost(folder);
        host.add(FIRST, 0, "17");
        host.add(SECOND, 0, "18");
        engines = engines(Settings.of("auto", false, 32));
    }

    private CbdmaEngines engines(final Settings settings) {
        return new CbdmaEngines(host, settings, host);
    }

    private CbdmaEngine only() {
        engines.refresh();
        return engines.usable().getFirst();
    }

    /** Why the only function that is wanted cannot be used. */
    private String problem() {
        return engines(Settings.of(FIRST, false, 32))
                .refresh()
                .getFirst()
                .problem()
                .toString();
    }

    private void copyThrough(final DmaOps channel, final FakeFunction function, final String expected) {
        final CopyBatch batch = new CopyBatch(arena, 1);
        final Completions completions = new Completions(1);
        memory.fill((byte) 0);
        memory.asSlice(100, 9000).fill((byte) 7);
        batch.add(memory.address() + 100, memory.address() + 30_000, 9000);
        assertThat(channel.transferData(batch)).isEqualTo(1);
        function.run();
        assertThat(channel.completedCopies(completions)).isEqualTo(1);
        assertThat(CopyStatus.name(completions.status(0))).isEqualTo(expected);
        assertThat(memory.asSlice(30_000, 9000).mismatch(memory.asSlice(100, 9000)))
                .isEqualTo(-1);
    }

    @Test
    void shouldHaveAnEngineForEachNode() throws Exception {
        host.add(REMOTE, 1, "40");
        host.add("0000:90:04.0", -1, "41");
        engines.refresh();
        assertThat(engines.usable()).extracting(CbdmaEngine::name).containsExactly("cbdma0", "cbdma1");
        assertThat(engines.usable()).extracting(CbdmaEngine::numaNode).containsExactly(0, 1);
        assertThat(engines.usable()).extracting(CbdmaEngine::backing).containsOnly("hardware");
        assertThat(host.openContainers).isZero();
        assertThat(host.functions.values()).noneMatch(function -> function.open);
        host.model = true;
        assertThat(CbdmaEngines.of(host, Settings.defaults()))
                .extracting(CbdmaEngine::name, CbdmaEngine::backing)
                .contains(tuple("cbdma-model1", "model"));
    }

    @Test
    void shouldStateItsLimits() {
        assertThat(only().limits()).isEqualTo(new DmaLimits(31L * 4096, 31, 1, true, true));
    }

    @Test
    void shouldSayWhoHasTheFunctionsWhenAllAreTaken() throws Exception {
        final CbdmaEngine engine = only();
        try (DmaOps first = engine.open("port0/tx0")) {
            try (DmaOps second = engine.open("port0/rx0")) {
                assertThat(second).isNotSameAs(first);
                assertThatThrownBy(() -> engine.open("port1/tx0"))
                        .isInstanceOf(DmaException.class)
                        .hasMessage("cbdma0 has no channel for port1/tx0: a function serves one queue, and none of 2"
                                + " is free; open ports with fewer queues (--queues), assign fewer, or bind more"
                                + " functions to vfio-pci");
                assertThat(engine.owners()).isEqualTo(Map.of(FIRST, "port0/tx0", SECOND, "port0/rx0"));
            }
            engine.open("port1/tx0").close();
        }
        assertThat(engine.owners()).isEmpty();
    }

    @Test
    void shouldMapMemoryOnceForAllChannelsAndUnmapItWithTheLast() throws Exception {
        final CbdmaEngine engine = only();
        final DmaOps first = engine.open("a");
        final DmaOps second = engine.open("b");
        assertThat(host.openContainers).isEqualTo(1);
        host.mapCalls = 0;
        first.announce(region);
        second.announce(region);
        first.announce(region);
        assertThat(host.mapCalls).isEqualTo(1);
        copyThrough(second, host.functions.get(SECOND), "ok");
        first.withdraw(region);
        first.close();
        copyThrough(second, host.functions.get(SECOND), "ok");
        second.withdraw(region);
        assertThat(host.mappings).hasSize(1); // its ring
        second.close();
        assertThat(host.mappings).isEmpty();
        assertThat(host.openContainers).isZero();
    }

    @Test
    void shouldOpenAGroupOnceForAllItsFunctions() throws Exception {
        host.add("0000:00:05.0", 0, "17");
        final CbdmaEngine engine = only();
        final List<DmaOps> channels = List.of(engine.open("a"), engine.open("b"), engine.open("c"));
        assertThat(host.openGroups).containsExactlyInAnyOrder("17", "18");
        channels.forEach(DmaOps::close);
        assertThat(host.openGroups).isEmpty();
    }

    @Test
    void shouldGiveAGroupAContainerOfItsOwnThatFitsInNoOther() throws Exception {
        host.loners.add("18");
        final CbdmaEngine engine = only();
        final DmaOps first = engine.open("a");
        final DmaOps second = engine.open("b");
        assertThat(host.openContainers).isEqualTo(2);
        second.close();
        assertThat(host.openContainers).isEqualTo(1);
        first.close();
        assertThat(host.openContainers).isZero();
    }

    @Test
    void shouldChooseAddressesWhereTheIommuDoesNotTakeOurs() throws Exception {
        host.ranges = List.of(new IovaRange(0, 0xFEDFFFFFL), new IovaRange(0xFEF00000L, 0x7FFFFFFFFFL));
        final DmaOps channel = only().open("a");
        channel.announce(region);
        assertThat(host.mappings.lastKey()).isLessThan(0xFEE00000L);
        copyThrough(channel, host.functions.get(FIRST), "ok");
        channel.close();
        assertThat(host.mappings).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "12, 'cannot be pinned: that is beyond the limit of locked memory, ', ulimit -l unlimited",
        "28, is one mapping too many for the IOMMU, dma_entry_limit",
        "17, overlaps other memory that was announced, withdraw that first",
        "22, 'is not in whole pages, or outside of the addresses of the IOMMU', another engine",
        "14, 'is not there, or not to be written', announce what is mapped",
        "5, 'mapDma: Input/output error (errno 5)', see dmesg"
    })
    void shouldSayWhyMemoryCannotBeMapped(final int errno, final String why, final String remedy) throws Exception {
        try (DmaOps channel = only().open("a")) {
            host.failures.put("mapDma", errno);
            assertThatThrownBy(() -> channel.announce(region))
                    .isInstanceOf(DmaException.class)
                    .hasMessageStartingWith(FIRST + " (Skylake): ")
                    .hasMessageContaining(why)
                    .hasMessageContaining(remedy);
            host.failures.clear();
            channel.announce(region);
            copyThrough(channel, host.functions.get(FIRST), "ok");
        }
    }

    @Test
    void shouldChangeNothingWhereMemoryCannotBeUnmapped() throws Exception {
        try (DmaOps channel = only().open("a")) {
            channel.announce(region);
            host.failures.put("unmapDma", Errno.EINVAL);
            assertThatThrownBy(() -> channel.withdraw(region)).isInstanceOf(DmaException.class);
            copyThrough(channel, host.functions.get(FIRST), "ok");
            host.failures.clear();
            channel.withdraw(region);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "openGroup, 16, is in use by another process; end it",
        "openGroup, 1, this process may not open",
        "openGroup, 2, no function of that group is bound to vfio-pci",
        "openContainer, 2, module vfio is not there; modprobe vfio-pci",
        "openContainer, 13, this process may not open",
        "setIommu, 1, allow_unsafe_interrupts=1",
        "setContainer, 22, 'setContainer: Invalid argument (errno 22); see dmesg'",
        "status, 5, 'status: Input/output error (errno 5)'",
        "device, 19, it is not bound to vfio-pci any more; dpdk-devbind.py -b vfio-pci 0000:00:04.0",
        "readConfig16, 5, 'readConfig16: Input/output error (errno 5)'"
    })
    void shouldSayWhyAFunctionCannotBeOpenedAndKeepNothingOpen(final String call, final int errno, final String why)
            throws Exception {
        final CbdmaEngine engine = only();
        host.failures.put(call, errno);
        assertThat(problem()).contains(why);
        assertThatThrownBy(() -> engine.open("port0/tx0"))
                .isInstanceOf(DmaException.class)
                .hasMessageStartingWith("cbdma0 has no channel for port0/tx0: ")
                .hasMessageContaining(why);
        assertThat(host.openGroups).isEmpty();
        assertThat(host.openContainers).isZero();
        host.failures.clear();
        engine.open("port0/tx0").close();
    }

    @Test
    void shouldTakeTheNextFunctionWhereOneDoesNotStart() throws Exception {
        final CbdmaEngine engine = only();
        host.functions.get(FIRST).resetPolls = -1;
        try (DmaOps channel = engine.open("a")) {
            assertThat(host.functions.get(SECOND).open).isTrue();
            channel.announce(region);
            assertThatThrownBy(() -> engine.open("b")).hasMessageContaining("the channel does not reset");
        }
        assertThat(host.mappings).isEmpty();
    }

    @Test
    void shouldRefuseKernelsItDoesNotKnow() {
        host.groupStatus = 0;
        assertThat(problem()).startsWith("its group 17 is not viable: another function of it has a host driver");
        host.groupStatus = 1;
        host.apiVersion = 1;
        assertThat(problem()).startsWith("VFIO of this kernel has version 1; 0 is known");
        host.apiVersion = 0;
        host.pageSizes = 1 << 16;
        assertThat(problem()).startsWith("the IOMMU has no pages of 4096 bytes");
        host.extensions.clear();
        assertThat(problem()).endsWith("modprobe vfio_iommu_type1");
    }

    @Test
    void shouldUseAnOldIommuInterfaceWhereThereIsNoOther() throws Exception {
        host.extensions.remove(VfioContainer.TYPE1_V2);
        only().open("a").close();
        assertThat(host.iommu).isEqualTo(VfioContainer.TYPE1);
    }

    @Test
    void shouldRefuseFunctionsThatItCannotDrive() {
        final FakeFunction function = host.functions.get(FIRST);
        function.version = 0x23;
        assertThat(problem()).startsWith("it is CBDMA 2.3, older than 3.0");
        function.version = 0xFF;
        assertThat(problem()).startsWith("it does not answer");
        function.version = 0x32;
        function.exponent = 11;
        assertThat(problem()).contains("1 channels with copies of 0 bytes at most");
        function.exponent = 20;
        function.channels = 0;
        assertThat(problem()).contains("0 channels with copies of 1048576 bytes");
    }

    @Test
    void shouldTakeZeroForTheLongestTransfer() {
        host.functions.get(FIRST).exponent = 0;
        assertThat(engines(Settings.of(FIRST, false, 32)).refresh().getFirst().maxTransfer())
                .isEqualTo(1L << 31);
    }

    @Test
    void shouldClearErrorsThatOutlastAResetOfOldVersions() throws Exception {
        final FakeFunction function = host.functions.get(FIRST);
        final CbdmaEngine engine = only();
        engine.open("a").close();
        assertThat(function.configError).isEqualTo(2);
        function.version = 0x32;
        engine.open("a").close();
        assertThat(function.configError).isZero();
        host.failures.put("readConfig32", Errno.EFAULT);
        engine.open("a").close();
    }

    @Test
    void shouldDoWithoutADeviceReset() throws Exception {
        final FakeFunction function = host.functions.get(FIRST);
        final CbdmaEngine engine = only();
        host.failures.put("reset", Errno.EINVAL);
        engine.open("a").close();
        function.canReset = false;
        function.deviceResets = 0;
        engine.open("a").close();
        assertThat(function.deviceResets).isZero();
    }

    @Test
    void shouldOfferWhatIsBoundNow() throws Exception {
        final CbdmaEngine engine = only();
        final DmaOps channel = engine.open("port0/tx0");
        host.bind(FIRST, "ioatdma");
        assertThat(engines.refresh()).extracting(FunctionState::isUsable).containsExactly(false, true);
        host.bind(SECOND, "ioatdma");
        engines.refresh();
        assertThat(engines.usable()).isEmpty();
        assertThatThrownBy(() -> engine.open("late")).hasMessageStartingWith("cbdma0 has no functions any more");
        host.bind(FIRST, "vfio-pci");
        final int before = host.functions.get(FIRST).deviceResets;
        engines.refresh();
        assertThat(engines.usable()).containsExactly(engine);
        assertThat(host.functions.get(FIRST).deviceResets).isEqualTo(before);
        channel.announce(region);
        copyThrough(channel, host.functions.get(FIRST), "ok");
        channel.close();
    }

    @Test
    void shouldTakeOnlyWhatItIsAllowedTo() {
        assertThat(engines(Settings.of(" none ", false, 32)).refresh()).isEmpty();
        assertThat(engines(Settings.of(SECOND + " , 0000:99:00.0", false, 32)).refresh())
                .filteredOn(FunctionState::isUsable)
                .extracting(state -> state.function().address())
                .containsExactly(SECOND);
    }

    @Test
    void shouldTakeFunctionsWithoutAnIommuOnlyWhenAskedTo() throws Exception {
        Files.move(host.vfio().resolve("17"), host.vfio().resolve("noiommu-17"));
        assertThat(problem()).startsWith("there is no IOMMU that keeps it to our memory, and so it is not taken");
        host.extensions.add(VfioContainer.NOIOMMU);
        final CbdmaEngines unsafe = engines(Settings.of(FIRST, true, 32));
        unsafe.refresh();
        final CbdmaEngine engine = unsafe.usable().getFirst();
        assertThat(engine.limits().maxCopyBytes()).isEqualTo(15 * 4096);
        try (DmaOps channel = engine.open("a")) {
            assertThat(host.iommu).isEqualTo(VfioContainer.NOIOMMU);
            host.failures.put("physicalAddress", Errno.EINVAL);
            assertThatThrownBy(() -> channel.announce(region))
                    .hasMessageContaining("has no physical address that lasts")
                    .hasMessageContaining("without an IOMMU all memory is to be in huge pages");
            host.failures.clear();
            channel.announce(region);
            assertThat(host.mapCalls).isZero();
            copyThrough(channel, host.functions.get(FIRST), "ok");
            // Each piece lies within a page on both sides.
            assertThat(host.functions.get(FIRST).executedSizes).hasSizeBetween(5, 6);
        }
    }

    @Test
    void shouldTellInALineWhatThereIs() throws Exception {
        assertThat(new Summary(host, List.of()).line())
                .isEqualTo("cbdma: no engine: this host has no CBDMA function, or dma.cbdma wants none");
        assertThat(new Summary(host, engines.refresh()).line())
                .isEqualTo("cbdma: offered: cbdma0 of 2 functions (Skylake, version 3.4)");
        host.bind(FIRST, "ioatdma");
        assertThat(new Summary(host, engines.refresh()).line())
                .isEqualTo("cbdma: offered: cbdma0 of 1 function (Skylake, version 3.4); 1 cannot be used");
        host.bind(SECOND, "ioatdma");
        host.model = true;
        assertThat(new Summary(host, engines.refresh()).line())
                .isEqualTo("cbdma-model (model): no engine: none of 2 functions can be used; " + FIRST
                        + " (Skylake): the kernel's driver ioatdma has it; modprobe vfio-pci; dpdk-devbind.py -b"
                        + " vfio-pci " + FIRST);
    }

    @Test
    void shouldDiagnoseFunctionsAndWhatTheyNeed() throws Exception {
        host.bind(SECOND, "ioatdma");
        final DmaDiagnosis diagnosis = new CbdmaDiagnosis(() -> List.of(engines));
        try (DmaOps channel = only().open("port0/tx0")) {
            assertThat(channel.completedCopies(new Completions(1))).isZero();
            final Map<String, String> states = diagnosis.examine().stream()
                    .collect(Collectors.toMap(
                            DmaDiagnosis.Finding::what, finding -> finding.verdict() + " " + finding.state()));
            assertThat(states)
                    .containsEntry(FIRST + " (Skylake)", "OK CBDMA 3.4, copies of 4 KiB in one piece, serves port0/tx0")
                    .containsEntry(SECOND + " (Skylake)", "UNUSABLE the kernel's driver ioatdma has it")
                    .containsEntry("IOMMU", "OK functions have groups")
                    .containsKeys("VFIO", "locked memory");
        }
        final CbdmaEngines none = engines(Settings.of("none", false, 32));
        assertThat(new CbdmaDiagnosis(() -> List.of(none)).examine())
                .singleElement()
                .satisfies(finding -> assertThat(finding.verdict()).isEqualTo(Verdict.ABSENT));
        assertThat(CbdmaDiagnosis.memlock(64 << 10).remedy()).contains("ulimit -l");
        assertThat(CbdmaDiagnosis.memlock(Memlock.UNLIMITED).verdict()).isEqualTo(Verdict.OK);
    }

    @Test
    void shouldRefuseSettingsThatCannotBe() {
        assertThatThrownBy(() -> Settings.of("auto", false, 31))
                .hasMessage("dma.cbdma: ring 31; use 32 to 32768 descriptors");
        assertThatThrownBy(() -> Settings.of("auto", false, 32_769)).isInstanceOf(IllegalArgumentException.class);
        assertThat(Settings.of("", false, 1000).ring()).isEqualTo(1024);
        assertThat(Set.copyOf(Settings.defaults().functions())).containsExactly("auto");
    }
}
