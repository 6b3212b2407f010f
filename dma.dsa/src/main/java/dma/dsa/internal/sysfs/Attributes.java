package dma.dsa.internal.sysfs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The attributes of a directory in sysfs. Kernels differ in which there are, and reading one may fail, as {@code cdev_minor}
 * does with ENXIO: what cannot be read is absent.
 */
record Attributes(Path directory) {
    boolean has(final String name) {
        return text(name, null) != null;
    }

    String text(final String name, final String otherwise) {
        try {
            return Files.readString(directory.resolve(name)).strip();
        } catch (IOException e) {
            return otherwise; // absent, as the class says
        }
    }

    /** Decimal, or hexadecimal after 0x. */
    long number(final String name, final long otherwise) {
        final String text = text(name, null);
        try {
            return text == null ? otherwise : Long.decode(text);
        } catch (NumberFormatException e) {
            return otherwise;
        }
    }

    int integer(final String name, final int otherwise) {
        final long number = number(name, otherwise);
        return number == (int) number ? (int) number : otherwise;
    }

    /** A register image such as {@code 0x40915f0107}. */
    long register(final String name) {
        final String text = text(name, "");
        final String digits = text.startsWith("0x") ? text.substring(2) : text;
        try {
            return digits.isEmpty() ? 0 : Long.parseUnsignedLong(digits, 16);
        } catch (NumberFormatException e) {
            return 0;
        }
    }
}
