package dma.cpu.internal;

/** The same, with copies made in any order. */
class ShuffledWorkerEngineCertificationTest extends WorkerEngineCertificationTest {
    @Override
    boolean isShuffled() {
        return true;
    }

    @Override
    protected String name() {
        return "cpu-worker, shuffled";
    }
}
