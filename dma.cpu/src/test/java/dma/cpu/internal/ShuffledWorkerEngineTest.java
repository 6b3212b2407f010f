package dma.cpu.internal;

/** The same, with copies made in any order. */
class ShuffledWorkerEngineTest extends WorkerEngineTest {
    @Override
    boolean isShuffled() {
        return true;
    }
}
