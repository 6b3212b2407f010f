package dma.model.internal.cbdma;

import static dma.model.internal.cbdma.ChannelState.ACTIVE;
import static dma.model.internal.cbdma.ChannelState.ARMED;
import static dma.model.internal.cbdma.ChannelState.HALTED;
import static dma.model.internal.cbdma.ChannelState.IDLE;
import static dma.model.internal.cbdma.ChannelState.SUSPENDED;
import static dma.model.internal.cbdma.ModelThread.NEVER;

import dma.model.internal.cbdma.CbdmaSettings.ResetEnd;
import java.util.function.Supplier;

/**
 * A channel: what register writes do to it, and how it works through its chain. All of it is the model's thread's, while the
 * thread serves it; the register file shows what others may see.
 *
 * <p>Memory ordering: a posted write is taken by an acquire load, so descriptors and data that the driver wrote before the
 * doorbell are there. Data is written plainly, then the completion word and CHANSTS by release stores.
 */
final class Channel {
    /** Most descriptors, and about how many bytes, between two looks at the other channels. */
    private static final int TURN = 16;

    private static final long TURN_BYTES = 256 * 1024;
    private static final int MODULO = 0xFFFF;

    private final String name;
    private final CbdmaSettings.Device device;
    private final RegisterFile file;
    private final ConfigSpace config;
    private final Violations violations;
    private final Supplier<Faults> faults;
    private final Counters counters = new Counters();
    private final PostedWrites posted = new PostedWrites();
    private final Descriptors descriptors;
    private final DataMover mover;
    private final Pace pace;
    private final FaultDice dice;
    private final LateWrite late = new LateWrite();

    private int state;
    private boolean resetSinceHalt;
    private boolean resetting;
    private boolean chainWritten;
    private long resetDue;
    private boolean dead;
    private int published;
    private int completed;
    private long last;
    private long completionAddress;
    private boolean suspending;

    // The descriptor at work.
    private boolean started;
    private int fault;
    private long due;
    private boolean hung;
    private Faults hungBy;

    Channel(
            final String name,
            final int index,
            final CbdmaSettings settings,
            final RegisterFile file,
            final ConfigSpace config,
            final Violations violations,
            final Supplier<Faults> faults) {
        this.name = name;
        this.device = settings.device();
        this.file = file;
        this.config = config;
        this.violations = violations;
        this.faults = faults;
        descriptors = new Descriptors(device.prefetch(), device.errors());
        mover = new DataMover(device);
        pace = new Pace(settings.timing());
        dice = new FaultDice(index);
    }

    PostedWrites posted() {
        return posted;
    }

    long count(final Counter counter) {
        return counters.get(counter);
    }

    boolean isPosted() {
        return posted.arePending();
    }

    /** While the thread does not serve it: as after a reset of the function, reaching memory by {@code space}. */
    void powerOn(final AddressSpace space) {
        posted.clear();
        mover.use(space);
        late.forget();
        dead = false;
        resetting = false;
        resetSinceHalt = true;
        completionAddress = 0;
        forget(0);
        file.set(Register.CHANCNT, 1);
        file.set(Register.XFERCAP, device.xfercap());
        file.set(Register.CBVER, device.cbver());
        file.set(Register.DMACAP, device.dmacap());
        file.set(Register.DMA_COMP, 2);
        for (final Register register : Register.values()) {
            if (register.writable) {
                file.set(register, 0);
            }
        }
        file.set(Register.CHANCTRL, Register.IN_USE);
        file.set(Register.CDAR, 0);
        show(HALTED);
    }

    /** Starts anew at {@code chain}, with nothing published. */
    private void forget(final long chain) {
        descriptors.begin(chain);
        published = 0;
        completed = 0;
        last = 0;
        started = false;
        hung = false;
        suspending = false;
        file.set(Register.DMACOUNT, 0);
    }

    private void show(final int next) {
        state = next;
        file.set(Register.CHANSTS, last | next);
    }

    /** Applies a posted write. */
    void apply(final int offset, final int width, final long value, final long now) {
        final Register register = Register.accessed(offset, width);
        file.set(register, offset, width, register == Register.CHANERR ? file.get(register) & ~value : value);
        // 64 bits at once, or the upper half after the lower one, take effect.
        final boolean effective = width == 8 || offset != register.offset;
        switch (register) {
            case CHANCTRL -> file.set(register, value & ~Register.INT_REARM);
            case CHANCMD -> command((int) value, now);
            case DMACOUNT -> doorbell((int) value, now);
            case CHAINADDR -> {
                if (effective) {
                    chain(file.get(register), now);
                }
            }
            case CHANCMP -> {
                if (effective) {
                    completionAddress = file.get(register);
                }
            }
            default -> {
                // Nothing but its value matters, if that.
            }
        }
    }

    private void command(final int command, final long now) {
        file.set(Register.CHANCMD, resetting ? Register.RESET : 0);
        if (command == Register.RESET) {
            reset(now);
        } else if (!resetting) {
            switch (command) {
                case 0 -> {
                    // no command
                }
                case Register.SUSPEND -> suspend();
                case Register.RESUME -> {
                    if (state == SUSPENDED) {
                        show(pending() > 0 ? ACTIVE : IDLE);
                    }
                }
                case Register.ABORT -> {
                    if (state == ACTIVE || state == IDLE || state == SUSPENDED) {
                        halt();
                    }
                }
                default -> {
                    violations.add(name, "CHANCMD " + command + " is no command of this version");
                    fail(device.errors().command());
                }
            }
        }
    }

    private void suspend() {
        if (state == ACTIVE && started) {
            suspending = true;
        } else if (state == ACTIVE || state == IDLE) {
            show(SUSPENDED);
        }
    }

    private void reset(final long now) {
        resetting = true;
        chainWritten = false;
        resetDue = now + device.resetNanos();
        started = false;
        hung = false;
        suspending = false;
        // Assumed: drivers write both again, and should.
        completionAddress = 0;
        file.set(Register.CHANCMP, 0);
        file.set(Register.CHANCTRL, 0);
        file.set(Register.CHANCMD, Register.RESET);
    }

    private void endReset(final long now) {
        resetting = false;
        resetSinceHalt = true;
        forget(0);
        file.set(Register.CHANCMD, 0);
        counters.add(Counter.RESETS, 1);
        show(HALTED);
        if (chainWritten) {
            arm(file.get(Register.CHAINADDR), now);
        }
    }

    private void chain(final long address, final long now) {
        if (resetting) {
            chainWritten = address != 0;
            if (device.resetEnd() == ResetEnd.AFTER_CHAINADDR && !dead) {
                endReset(now);
            }
        } else if (address != 0) {
            if (state == ACTIVE || state == IDLE) {
                violations.add(
                        name, "CHAINADDR written while " + ChannelState.name(state) + "; suspend or reset first");
            } else if (!resetSinceHalt) {
                violations.add(name, "CHAINADDR written after a halt; reset first");
            } else {
                arm(address, now);
            }
        }
    }

    private void arm(final long address, final long now) {
        forget(address);
        pace.begin(now);
        show(ARMED);
        if (address % Descriptors.BYTES != 0) {
            fail(device.errors().chain());
        }
    }

    private void doorbell(final int count, final long now) {
        if (resetting) {
            violations.add(name, "DMACOUNT written before a reset has ended");
            file.set(Register.DMACOUNT, 0);
        } else if (state == HALTED) {
            // The driver may not know yet: it publishes again once it has recovered the channel.
            file.set(Register.DMACOUNT, 0);
        } else if (state == ARMED && (file.get(Register.CHANCTRL) & Register.IN_USE) != 0) {
            violations.add(name, "DMACOUNT written while CHANCTRL has IN_USE; clear it first");
            file.set(Register.DMACOUNT, 0);
        } else if (state == ARMED && file.get(Register.CHANERR) != 0) {
            violations.add(name, "DMACOUNT written while CHANERR is set; clear it first");
            file.set(Register.DMACOUNT, 0);
        } else {
            counters.add(Counter.DOORBELLS, 1);
            published = count;
            if (pace.counts()) {
                pace.doorbell(count, now);
            }
            if (pending() > 0 && (state == ARMED || state == IDLE)) {
                show(ACTIVE);
            }
        }
    }

    private int pending() {
        return published - completed & MODULO;
    }

    /** Does some of what there is to do; how long until there is more, 0 where something was done. */
    long serve(final long now) {
        final boolean busy = posted.applyTo(this, now);
        long wait = late.remaining(now);
        if (wait == 0) {
            land();
            return 0;
        }
        if (resetting) {
            return busy ? 0 : Math.min(wait, awaitReset(now));
        }
        int made = 0;
        long bytes = 0;
        while (state == ACTIVE && made < TURN && bytes < TURN_BYTES && !posted.arePending()) {
            final long until = step(now);
            if (until > 0) {
                wait = Math.min(wait, until);
                break;
            }
            bytes += descriptors.size();
            made++;
        }
        return busy || made > 0 ? 0 : wait;
    }

    private long awaitReset(final long now) {
        if (dead || device.resetEnd() != ResetEnd.AFTER_DELAY) {
            return NEVER;
        }
        if (resetDue - now > 0) {
            return resetDue - now;
        }
        endReset(now);
        return 0;
    }

    /** Goes on with the next descriptor; how long it still takes, 0 where it has ended one way or the other. */
    private long step(final long now) {
        if (!config.isBusMaster()) {
            if (device.errors().busMaster() == ErrorBits.NO_PROGRESS) {
                return NEVER;
            }
            fail(device.errors().busMaster());
            return 0;
        }
        if (!started && !start(now)) {
            return 0;
        }
        final long until = due - now;
        if (hung) {
            final boolean forever = hungBy.hangMillis() == 0;
            if (faults.get() == hungBy && (forever || until > 0)) {
                return forever ? NEVER : until;
            }
            hung = false;
        } else if (until > 0) {
            return until;
        }
        started = false;
        finish(now);
        return 0;
    }

    /** Fetches and begins the next descriptor, if it can be fetched. */
    private boolean start(final long now) {
        descriptors.fetch(mover.space(), pending());
        file.set(Register.CDAR, descriptors.address());
        if (descriptors.failure() != Descriptors.OK) {
            fail(descriptors.failure());
            return false;
        }
        started = true;
        final Faults current = faults.get();
        fault = dice.draw(current);
        if (fault != FaultDice.NONE) {
            counters.add(Counter.INJECTED, 1);
        }
        due = pace.counts() ? pace.due(completed, descriptors.size()) : now;
        if (fault == FaultDice.HANG) {
            hung = true;
            hungBy = current;
            due = now + current.hangMillis() * 1_000_000;
        }
        return true;
    }

    private void finish(final long now) {
        switch (fault) {
            case FaultDice.DEAD -> {
                dead = true;
                fail(faults.get().errorBit());
            }
            case FaultDice.ERROR -> fail(faults.get().errorBit());
            case FaultDice.HALT -> halt();
            default -> {
                final int error = mover.make(descriptors);
                if (error == Descriptors.OK) {
                    if (fault == FaultDice.LATE) {
                        rememberLate(now);
                    }
                    complete();
                } else {
                    fail(error);
                }
            }
        }
    }

    private void complete() {
        final int before = completed;
        completed = before + 1 & MODULO;
        final boolean drained = completed == published;
        final boolean update = (descriptors.control() & Descriptors.COMPLETION_UPDATE) != 0;
        if (update && !mover.writeBack(completionAddress, descriptors.address() | (drained ? IDLE : ACTIVE))) {
            completed = before;
            fail(device.errors().completion());
            return;
        }
        counters.add(Counter.WRITEBACKS, update ? 1 : 0);
        counters.add(Counter.DESCRIPTORS, 1);
        last = descriptors.address();
        if ((descriptors.control() & Descriptors.NULL) == 0) {
            counters.add(Counter.BYTES, descriptors.size());
        }
        descriptors.finish();
        show(suspending ? SUSPENDED : drained ? IDLE : ACTIVE);
        suspending = false;
    }

    /** Before the copy is reported: from then on the driver may put something else there. */
    private void rememberLate(final long now) {
        if ((descriptors.control() & Descriptors.NULL) == 0) {
            final long delay = faults.get().lateMillis() * 1_000_000;
            late.remember(mover.space(), descriptors.destination(), descriptors.size(), now + delay);
        }
    }

    private void land() {
        if (config.isBusMaster() && late.land(mover.space())) {
            counters.add(Counter.LATE, 1);
        }
    }

    /** A fault in memory surfaced where nobody expected it any more. */
    void dataError() {
        if (state == ACTIVE) {
            fail(device.errors().source());
        }
    }

    private void fail(final int bit) {
        file.set(Register.CHANERR, file.get(Register.CHANERR) | 1L << bit);
        halt();
    }

    /**
     * What was completed stays so, the rest is untouched; the word tells, where the driver asked for it. CHANSTS comes last: a
     * register read does not overtake what the device wrote to memory.
     */
    private void halt() {
        started = false;
        hung = false;
        suspending = false;
        resetSinceHalt = false;
        counters.add(Counter.HALTS, 1);
        final boolean tells = (file.get(Register.CHANCTRL) & Register.ERR_COMPLETION_EN) != 0;
        if (tells && config.isBusMaster() && completionAddress != 0) {
            if (mover.writeBack(completionAddress, last | HALTED)) {
                counters.add(Counter.WRITEBACKS, 1);
            } else {
                file.set(
                        Register.CHANERR,
                        file.get(Register.CHANERR) | 1L << device.errors().completion());
            }
        }
        show(HALTED);
    }
}
