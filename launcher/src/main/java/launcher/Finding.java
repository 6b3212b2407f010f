package launcher;

/**
 * One thing that {@code ./vhost doctor} has looked at.
 *
 * @param remedy what mends it, a command where there is one, or empty
 */
record Finding(Verdict verdict, String what, String state, String remedy) {
    /** How it stands; but for the last, those of a bundle's diagnosis. */
    enum Verdict {
        OK("ok"),
        /** Not there; can be done without. */
        ABSENT("-"),
        /** There, but not to be used as it is. */
        UNUSABLE("UNUSABLE"),
        /** Cannot be done without. */
        MISSING("MISSING");

        private final String word;

        Verdict(String word) {
            this.word = word;
        }

        String word() {
            return word;
        }
    }
}
