package vhost.shell.internal;

import dma.api.DmaDiagnosis.Finding;
import dma.api.DmaDiagnosis.Verdict;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Asks several bundles at the same time what they find. One that fails or hangs is a finding as well. */
final class Examination {
    private final Duration patience;
    private final List<Examined> all = new ArrayList<>();

    private record Examined(String bundle, FutureTask<List<Finding>> answer) {}

    /** Waits for each answer for so long. */
    Examination(Duration patience) {
        this.patience = patience;
    }

    /** Begins to ask. */
    void ask(String bundle, Callable<List<Finding>> diagnosis) {
        FutureTask<List<Finding>> answer = new FutureTask<>(
                () -> diagnosis.call().stream().map(Examination::plain).toList());
        all.add(new Examined(bundle, answer));
        Thread.ofVirtual().name("doctor " + bundle).start(answer);
    }

    /** What they found, in the order in which they were asked. */
    List<Finding> findings() {
        List<Finding> findings = new ArrayList<>();
        all.forEach(examined -> findings.addAll(await(examined)));
        return findings;
    }

    /** One line each, whatever a vendor wrote. */
    private static Finding plain(Finding finding) {
        return new Finding(finding.verdict(), line(finding.what()), line(finding.state()), line(finding.remedy()));
    }

    private static String line(String text) {
        return text == null ? "" : text.replaceAll("[\\s\\p{Cntrl}]+", " ").strip();
    }

    private List<Finding> await(Examined examined) {
        try {
            return examined.answer().get(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            examined.answer().cancel(true);
            return unusable(examined, "its diagnosis has not ended within " + patience.toMillis() + " ms");
        } catch (ExecutionException e) {
            return unusable(examined, "its diagnosis failed: " + e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return unusable(examined, "interrupted while it was examined");
        }
    }

    private static List<Finding> unusable(Examined examined, String state) {
        return List.of(new Finding(
                Verdict.UNUSABLE, "bundle " + examined.bundle(), line(state), "tell it those who made the bundle"));
    }
}
