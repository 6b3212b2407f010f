package vhost.core.internal.device;

import dma.api.MemoryRegion;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import linux.Linux;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import vhost.core.internal.device.DeviceControl.MemorySlot;
import vhost.core.internal.memory.GuestMemory;
import vhost.core.internal.memory.MappedRegion;
import vhost.core.internal.memory.MemoryException;

/**
 * The guest memory of one device: mapped as the front-end announces it, told to the engines, and unmapped when nobody can
 * touch it any more. The session's thread only.
 */
final class DeviceMemory {
    private static final Logger LOG = LoggerFactory.getLogger(DeviceMemory.class);

    /** As many regions as libvhost-user takes; QEMU uses 512 at most. */
    static final int MAX_SLOTS = 509;

    private final String port;
    private final EngineRegistry engines;
    private final List<VhostQueueImpl> queues;
    private GuestMemory table = GuestMemory.NONE;

    DeviceMemory(final String port, final EngineRegistry engines, final List<VhostQueueImpl> queues) {
        this.port = port;
        this.engines = engines;
        this.queues = queues;
    }

    GuestMemory table() {
        return table;
    }

    /** Whether these are the regions that are mapped. */
    boolean isCurrent(final List<MemorySlot> slots) {
        return slots.size() == table.regions().size()
                && slots.stream()
                        .allMatch(slot -> table.find(slot.guestPhysical(), slot.size(), slot.userAddress()) != null);
    }

    /** Maps regions; takes their descriptors over, also where it fails. */
    GuestMemory map(final List<MemorySlot> slots) throws DeviceException {
        final List<MappedRegion> regions = new ArrayList<>();
        try {
            for (int i = 0; i < slots.size(); i++) {
                regions.add(map(slots.get(i), slots.subList(i + 1, slots.size())));
            }
            return GuestMemory.of(regions);
        } catch (MemoryException | DeviceException e) {
            unmap(regions);
            throw e instanceof DeviceException known ? known : new DeviceException(e.getMessage(), e);
        }
    }

    /** The table with one region more, which is mapped. */
    GuestMemory with(final MemorySlot slot) throws DeviceException {
        if (table.regions().size() == MAX_SLOTS) {
            Linux.close(slot.fd());
            throw new DeviceException("all " + MAX_SLOTS + " memory slots are in use; remove a region first");
        }
        final MappedRegion region = map(slot, List.of());
        try {
            return table.with(region);
        } catch (MemoryException e) {
            unmap(List.of(region));
            throw new DeviceException(e.getMessage(), e);
        }
    }

    /** The table without one region. */
    GuestMemory without(final MemorySlot slot) throws DeviceException {
        final MappedRegion region = table.find(slot.guestPhysical(), slot.size(), slot.userAddress());
        if (region == null) {
            throw new DeviceException(String.format(
                    "no memory region of 0x%x bytes at guest address 0x%x, user address 0x%x",
                    slot.size(), slot.guestPhysical(), slot.userAddress()));
        }
        return table.without(region);
    }

    private static MappedRegion map(final MemorySlot slot, final List<MemorySlot> others) throws DeviceException {
        try {
            return MappedRegion.map(
                    slot.guestPhysical(), slot.size(), slot.userAddress(), slot.mmapOffset(), slot.fd());
        } catch (MemoryException e) {
            others.forEach(other -> Linux.close(other.fd()));
            throw new DeviceException(e.getMessage(), e);
        }
    }

    /** Undoes what {@link #map} or {@link #with} did for a table that is not to be used after all. */
    void discard(final GuestMemory next) {
        unmap(beside(next, table));
    }

    /** Uses another table. All rings have stopped. */
    void replace(final GuestMemory next) {
        final List<MappedRegion> gone = beside(table, next);
        final Set<MemoryRegion> kept =
                new HashSet<>(engines.memoryChanged(queues, announced(gone), announced(beside(next, table))));
        final boolean allGone = gone.size() == table.regions().size();
        final boolean withheld = queues.stream().anyMatch(VhostQueueImpl::holdsQuarantine);
        table = next;
        final List<MappedRegion> free = gone.stream()
                .filter(region -> !withheld && !kept.contains(announced(region)))
                .toList();
        if (free.size() != gone.size()) {
            LOG.error(
                    "{}: {} regions of guest memory stay mapped for good: an engine does not let go of them",
                    port,
                    gone.size() - free.size());
        }
        unmap(free);
        if (allGone) {
            queues.forEach(VhostQueueImpl::leaveQuarantine);
        }
    }

    /** Forgets the table and leaves it mapped: somebody may still be using it. */
    void abandon() {
        table = GuestMemory.NONE;
    }

    private static List<MappedRegion> beside(final GuestMemory all, final GuestMemory others) {
        return all.regions().stream()
                .filter(region -> !others.regions().contains(region))
                .toList();
    }

    private static List<MemoryRegion> announced(final List<MappedRegion> regions) {
        return regions.stream().map(DeviceMemory::announced).toList();
    }

    private static MemoryRegion announced(final MappedRegion region) {
        return new MemoryRegion(region.mapping(), region.mappedLength());
    }

    private void unmap(final List<MappedRegion> regions) {
        for (final MappedRegion region : regions) {
            try {
                GuestMemory.unmap(region);
            } catch (MemoryException e) {
                LOG.error("{}: {}", port, e.getMessage());
            }
        }
    }
}
