package vhost.shell.internal;

import org.apache.felix.service.command.Converter;
import org.osgi.service.component.annotations.Component;

/** Lets the shell print {@link Table}s. */
@Component
public final class TableConverter implements Converter {
    @Override
    public Object convert(Class<?> desired, Object in) {
        return desired == String.class && in instanceof Table ? in.toString() : null;
    }

    @Override
    public CharSequence format(Object target, int level, Converter escape) {
        return target instanceof Table ? target.toString() : null;
    }
}
