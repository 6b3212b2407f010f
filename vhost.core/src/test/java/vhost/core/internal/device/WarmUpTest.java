package vhost.core.internal.device;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class WarmUpTest {
    @Test
    void shouldGiveAllPacketsBack() throws Exception {
        final WorkerPacketPool pool = new WorkerPacketPool();
        try {
            WarmUp.run(pool);
            assertThat(pool.inUse()).isZero();
        } finally {
            pool.close();
        }
    }
}
