package dma.dsa.internal.engine;

/**
 * How work queues are to be used.
 *
 * @param submission how descriptors reach the device
 * @param prefault whether memory that is announced is made present at once, so that the device meets fewer page faults
 * @param blockOnFault whether the device is to wait for pages itself, where the queue allows it; it may hold up others
 * @param alignDestinations whether the processor copies up to where the destination is a multiple of 64, and the device the rest
 * @param resumeLimit how often the device is asked again for one copy before the processor makes it
 * @param inFlight the most copies that a channel holds
 */
public record DsaSettings(
        Submission submission,
        boolean prefault,
        boolean blockOnFault,
        boolean alignDestinations,
        int resumeLimit,
        int inFlight) {
    /** What is good for most. */
    public static final DsaSettings DEFAULT = new DsaSettings(Submission.AUTO, false, false, true, 4, 512);

    private static final int MAX_IN_FLIGHT = 4096;
    private static final int MAX_RESUMES = 100;

    /** How descriptors reach the device. */
    public enum Submission {
        /** By the portal where that is possible, otherwise by write. */
        AUTO,
        /** By {@code write(2)}: the kernel submits. */
        WRITE,
        /** By the instructions MOVDIR64B and ENQCMD, to a mapped page. */
        PORTAL;

        /** Reads {@code auto}, {@code write} or {@code portal}. */
        public static Submission parse(final String text) {
            return switch (text) {
                case "auto" -> AUTO;
                case "write" -> WRITE;
                case "portal" -> PORTAL;
                default ->
                    throw new IllegalArgumentException(
                            "dma.dsa: submission '" + text + "' is not known; use auto, write or portal");
            };
        }
    }

    /** Checks the ranges. */
    public DsaSettings {
        if (inFlight < 1 || inFlight > MAX_IN_FLIGHT) {
            throw new IllegalArgumentException(
                    "dma.dsa: in.flight " + inFlight + "; use 1 to " + MAX_IN_FLIGHT + " copies");
        }
        if (resumeLimit < 0 || resumeLimit > MAX_RESUMES) {
            throw new IllegalArgumentException(
                    "dma.dsa: resume.limit " + resumeLimit + "; use 0 to " + MAX_RESUMES + " times");
        }
    }
}
