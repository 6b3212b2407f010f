package vhost.core.internal.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static vhost.core.internal.device.TestPort.RX;
import static vhost.core.internal.device.TestPort.TX;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import vhost.core.internal.device.DeviceControl.MemorySlot;
import vhost.core.internal.testing.GuestRam;
import vhost.core.internal.testing.Layout;

/** What a front-end says of a ring before it starts, and what of that is refused. */
class RingSetupTest {
    @RegisterExtension
    final EchoRig rig = new EchoRig();

    @Test
    void shouldTakeTheUsedIndexWhereASplitBaseDiffers() throws Exception {
        final TestPort port = rig.echoing(Layout.SPLIT);
        port.echo(9, 100);
        port.device.stopRing(RX);
        port.device.stopRing(TX);
        for (final int index : new int[] {RX, TX}) {
            port.configure(index);
            port.device.setRingBase(index, 3);
            port.device.setKick(index, TestPort.duplicate(port.kick[index]));
        }
        port.echo(9, 100);
        assertThat(port.device.stopRing(TX)).isEqualTo(18);
    }

    @Test
    void shouldTakeAPackedBaseWithAndWithoutItsUpperHalf() throws Exception {
        final TestPort port = rig.echoing(Layout.PACKED);
        port.echo(EchoRig.SIZE + 3, 100);
        for (final int base : new int[] {port.tx.base(), port.tx.base() * 0x10001}) {
            port.device.stopRing(TX);
            port.configure(TX);
            port.device.setRingBase(TX, base);
            port.device.setKick(TX, TestPort.duplicate(port.kick[TX]));
            port.device.setRingEnabled(TX, true);
            assertThat(port.isRunning(TX)).isTrue();
        }
        port.echo(5, 100);
        port.device.stopRing(TX);
        port.configure(TX);
        port.device.setRingBase(TX, 0x8000 | EchoRig.SIZE);
        assertThatThrownBy(() -> port.device.setKick(TX, TestPort.duplicate(port.kick[TX])))
                .isInstanceOf(DeviceException.class)
                .hasMessageContaining("base 0x8010 lies outside of a packed ring of 16");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, 32769, 65536, Integer.MAX_VALUE, Integer.MIN_VALUE})
    void shouldRefuseARingSizeOutOfRange(final int size) throws Exception {
        final TestPort port = rig.port("p", Layout.PACKED);
        port.device.setFeatures(port.features);
        assertThatThrownBy(() -> port.device.setRingSize(TX, size))
                .isInstanceOf(DeviceException.class)
                .hasMessage("ring 1: size " + size + "; use 1 to 32768");
    }

    @Test
    void shouldRefuseASplitSizeThatIsNoPowerOfTwo() throws Exception {
        final TestPort port = rig.port("p", Layout.SPLIT);
        port.device.setFeatures(port.features);
        assertThatThrownBy(() -> port.device.setRingSize(TX, 100)).isInstanceOf(DeviceException.class);
        rig.close(port);
        final TestPort packed = rig.port("q", Layout.PACKED);
        packed.device.setFeatures(packed.features);
        packed.device.setRingSize(TX, 100);
    }

    @Test
    void shouldRefuseASizeOfAnotherLayoutWhenTheRingStarts() throws Exception {
        final TestPort port = rig.port("p", Layout.SPLIT);
        port.device.setFeatures(port.features | 1L << Features.RING_PACKED);
        port.device.setRingSize(TX, 10);
        port.device.setFeatures(port.features);
        port.device.setMemoryTable(port.ram.slots());
        port.address(TX);
        port.device.setRingEnabled(TX, true);
        assertThatThrownBy(() -> port.device.setKick(TX, TestPort.duplicate(port.kick[TX])))
                .isInstanceOf(DeviceException.class)
                .hasMessageContaining("size 10 is no power of two");
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    void shouldRefuseToChangeARingThatRuns(final Layout layout) throws Exception {
        final TestPort port = rig.echoing(layout);
        assertThatThrownBy(() -> port.device.setRingSize(TX, 8))
                .hasMessage("ring 1 is running; stop it with GET_VRING_BASE before SET_VRING_NUM");
        assertThatThrownBy(() -> port.device.setRingBase(TX, 0)).hasMessageContaining("SET_VRING_BASE");
        assertThatThrownBy(() -> port.address(TX)).hasMessageContaining("SET_VRING_ADDR");
        assertThatThrownBy(() -> port.device.setFeatures(0)).hasMessageContaining("while queues run");
        port.device.setFeatures(port.features);
        port.echo(5, 100);
    }

    @ParameterizedTest
    @CsvSource({
        "SPLIT, 8, 0, 0",
        "SPLIT, 1, 0, 0",
        "SPLIT, 0, 1, 0",
        "SPLIT, 0, 0, 2",
        "PACKED, 8, 0, 0",
        "PACKED, 0, 2, 0",
        "PACKED, 0, 0, 2"
    })
    void shouldRefuseUnalignedAddresses(final Layout layout, final int desc, final int avail, final int used)
            throws Exception {
        final TestPort port = rig.port("p", layout);
        port.device.setFeatures(port.features);
        port.device.setMemoryTable(port.ram.slots());
        port.device.setRingSize(TX, EchoRig.SIZE);
        final long at = GuestRam.user(GuestRam.BASE);
        assertThatThrownBy(() -> port.device.setRingAddresses(TX, 0, at + desc, at + 8192 + used, at + 4096 + avail, 0))
                .isInstanceOf(DeviceException.class)
                .hasMessageContaining("must be multiples of 16");
        port.device.setKick(TX, TestPort.duplicate(port.kick[TX]));
        port.device.setRingEnabled(TX, true);
        assertThat(port.isRunning(TX)).isFalse();
    }

    /** The addresses look aligned to the front-end; ours are not. */
    @ParameterizedTest
    @CsvSource({"SPLIT, 1", "SPLIT, 2", "PACKED, 1", "PACKED, 2", "PACKED, 4", "PACKED, 8"})
    void shouldRefuseARegionWhoseOffsetMakesAddressesUnaligned(final Layout layout, final int offset) throws Exception {
        final TestPort port = rig.port("p", layout);
        final TestPort good = rig.port("good", layout);
        rig.echo(port, good);
        good.connect();
        port.device.setFeatures(port.features);
        port.device.setMemoryTable(List.of(
                new MemorySlot(GuestRam.BASE, 1 << 20, GuestRam.user(GuestRam.BASE), offset, port.ram.duplicate())));
        port.device.setRingSize(TX, EchoRig.SIZE);
        assertThatThrownBy(() -> port.start(TX))
                .isInstanceOf(DeviceException.class)
                .hasMessageContaining("mmap offset is no multiple of 16");
        good.echo(5, 100);
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    void shouldRefuseRingsThatDoNotLieInOneRegion(final Layout layout) throws Exception {
        final TestPort port = rig.port("p", layout);
        port.device.setFeatures(port.features);
        port.device.setMemoryTable(port.ram.slots());
        port.device.setRingSize(TX, EchoRig.SIZE);
        final long seam = GuestRam.user(port.ram.seam());
        final long inside = GuestRam.user(GuestRam.BASE);
        final long[][] bad = {
            {seam - 16, inside, inside + 4096},
            {inside, seam + port.ram.half(), inside + 4096},
            {inside, inside + 4096, -4096},
            {0, 0, 0},
            {GuestRam.BASE, GuestRam.BASE, GuestRam.BASE}
        };
        for (final long[] at : bad) {
            assertThatThrownBy(() -> port.device.setRingAddresses(TX, 0, at[0], at[2], at[1], 0))
                    .isInstanceOf(DeviceException.class)
                    .hasMessageContaining("do not lie in announced memory");
        }
    }
}
