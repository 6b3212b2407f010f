package e2e;

import java.util.List;

/** The bundles of the product: each is a folder, and a package of that name is its own. */
final class Bundles {
    private Bundles() {}

    static List<String> all() {
        return List.of(
                "linux",
                "dma.api",
                "dma.cpu",
                "dma.dsa",
                "dma.cbdma",
                "dma.model",
                "dma.tck",
                "dma.chaos",
                "vhost.core",
                "vhost.switching",
                "vhost.frontend",
                "vhost.demo",
                "bench",
                "vhost.shell",
                "launcher");
    }
}
