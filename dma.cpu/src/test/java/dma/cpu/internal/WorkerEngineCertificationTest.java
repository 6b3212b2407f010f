package dma.cpu.internal;

import dma.api.DmaEngine;
import dma.tck.junit.DmaEngineContract;

/** {@code cpu-worker} as it is configured by default, against the contract. */
class WorkerEngineCertificationTest extends DmaEngineContract {
    @Override
    protected DmaEngine engine() {
        return new WorkerEngine(new WorkerEngine.Settings(name(), 128, 50_000, isShuffled(), 1));
    }

    boolean isShuffled() {
        return false;
    }

    @Override
    protected String name() {
        return "cpu-worker";
    }
}
