package com.acme.dma;

import dma.api.DmaEngine;
import dma.tck.junit.DmaEngineContract;

/** The contract, rule by rule. */
class StripingEngineTest extends DmaEngineContract {
    @Override
    protected DmaEngine engine() {
        return new StripingEngine();
    }

    @Override
    protected String name() {
        return "acme-stripes";
    }
}
