package launcher;

import java.lang.reflect.InvocationTargetException;
import java.util.concurrent.ExecutionException;

/** Exceptions as people read them. */
public final class Failures {
    private Failures() {}

    /** What went wrong, in one line: the message of the innermost exception that was thrown on purpose. */
    public static String reason(Throwable thrown) {
        Throwable cause = thrown;
        while ((cause instanceof InvocationTargetException || cause instanceof ExecutionException || isEmpty(cause))
                && cause.getCause() != null) {
            cause = cause.getCause();
        }
        String text = isEmpty(cause) ? cause.getClass().getSimpleName() : cause.getMessage();
        return text.strip().replaceAll("\\s*\\R\\s*", " ");
    }

    private static boolean isEmpty(Throwable thrown) {
        return thrown.getMessage() == null || thrown.getMessage().isBlank();
    }
}
