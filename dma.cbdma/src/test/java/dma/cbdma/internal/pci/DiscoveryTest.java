package dma.cbdma.internal.pci;

import static org.assertj.core.api.Assertions.assertThat;

import dma.cbdma.internal.FakeHost;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which functions there are, and why some cannot be used. */
class DiscoveryTest {
    private static final String ADDRESS = "0000:00:04.0";
    private static final String BIND = "; modprobe vfio-pci; dpdk-devbind.py -b vfio-pci " + ADDRESS;

    @TempDir
    private Path folder;

    private FakeHost host;

    @BeforeEach
    void makeHost() throws Exception {
        host = new FakeHost(folder);
    }

    private List<PciFunction> scan() {
        return new Discovery(host, false).scan();
    }

    private String problem() {
        return scan().getFirst().problem().toString();
    }

    @ParameterizedTest
    @CsvSource({
        "0x3430, Tylersburg",
        "0x3433, Tylersburg",
        "0x3429, Tylersburg",
        "0x3710, Jasper Forest",
        "0x3719, Jasper Forest",
        "0x3c20, Sandy Bridge",
        "0x3c2f, Sandy Bridge",
        "0x0e27, Ivy Bridge",
        "0x2f2e, Haswell",
        "0x0c53, Atom S1200",
        "0x6f20, Broadwell",
        "0x6f53, Broadwell-DE",
        "0x2021, Skylake",
        "0x0b00, Ice Lake"
    })
    void shouldKnowTheGenerations(final String id, final String generation) throws Exception {
        host.describe(ADDRESS, Integer.decode(id), 1);
        assertThat(scan())
                .singleElement()
                .satisfies(function -> assertThat(function.generation()).isEqualTo(generation))
                .satisfies(function -> assertThat(function.numaNode()).isEqualTo(1))
                .hasToString(scan().getFirst().toString());
    }

    @Test
    void shouldLeaveOutWhatIsSomethingElse() throws Exception {
        host.describe("0000:00:1f.0", 0x0B25, 0); // DSA
        host.describe("0000:00:1f.1", 0x3C28, 0);
        final Path other = host.describe("0000:00:1f.2", FakeHost.SKYLAKE, 0);
        Files.writeString(other.resolve("vendor"), "0x1022\n");
        final Path broken = host.describe("0000:00:1f.3", FakeHost.SKYLAKE, 0);
        Files.writeString(broken.resolve("device"), "\n");
        Files.delete(host.describe("0000:00:1f.4", FakeHost.SKYLAKE, 0).resolve("vendor"));
        assertThat(scan()).isEmpty();
    }

    @Test
    void shouldFindNothingWhereThereIsNoPci() throws Exception {
        Files.delete(host.pci());
        assertThat(scan()).isEmpty();
        assertThat(new Discovery(host, false).hasIommu()).isFalse();
    }

    @Test
    void shouldTakeAFunctionThatVfioHas() throws Exception {
        host.add(ADDRESS, -1, "17");
        final PciFunction function = scan().getFirst();
        assertThat(function.isPromising()).isTrue();
        assertThat(function.groupFile()).isEqualTo("17");
        assertThat(function.numaNode()).isEqualTo(-1);
        assertThat(function).hasToString(ADDRESS + " (Skylake)");
        assertThat(new Discovery(host, false).hasIommu()).isTrue();
    }

    @Test
    void shouldSayWhoHasIt() throws Exception {
        host.describe(ADDRESS, FakeHost.SKYLAKE, 0);
        assertThat(problem()).isEqualTo("it is bound to no driver" + BIND);
        host.bind(ADDRESS, "ioatdma");
        assertThat(problem()).isEqualTo("the kernel's driver ioatdma has it" + BIND);
    }

    @Test
    void shouldSayThatTheIommuIsOff() throws Exception {
        host.describe(ADDRESS, FakeHost.SKYLAKE, 0);
        host.bind(ADDRESS, "vfio-pci");
        assertThat(problem()).startsWith("it has no IOMMU group: the IOMMU is off; boot with intel_iommu=on");
    }

    @Test
    void shouldSayWhatIsWrongWithTheFileOfItsGroup() throws Exception {
        host.add(ADDRESS, 0, "17");
        final Path file = host.vfio().resolve("17");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("---------"));
        if (!Files.isReadable(file)) { // root reads all
            assertThat(problem())
                    .isEqualTo("this process may not open " + file + "; chown " + System.getProperty("user.name") + " "
                            + file);
        }
        Files.delete(file);
        assertThat(problem()).isEqualTo("there is no " + file + BIND);
    }

    @Test
    void shouldTakeFunctionsWithoutAnIommuOnlyWhenAskedTo() throws Exception {
        host.add(ADDRESS, 0, "17");
        Files.move(host.vfio().resolve("17"), host.vfio().resolve("noiommu-17"));
        assertThat(problem()).endsWith("or set noiommu=true in dma.cbdma");
        final PciFunction function = new Discovery(host, true).scan().getFirst();
        assertThat(function.isPromising()).isTrue();
        assertThat(function.groupFile()).isEqualTo("noiommu-17");
        assertThat(function.noIommu()).isTrue();
    }
}
