package dma.cpu.internal;

import dma.api.DmaEngine;
import dma.tck.junit.DmaEngineContract;

/** {@code cpu-inline} against the contract. */
class InlineEngineCertificationTest extends DmaEngineContract {
    @Override
    protected DmaEngine engine() {
        return new InlineEngine();
    }

    @Override
    protected String name() {
        return "cpu-inline";
    }
}
