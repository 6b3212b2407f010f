package launcher.console;

import org.apache.felix.service.command.Converter;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/** Lets commands that take bundles be given their ids, symbolic names or locations. */
@Component(service = Converter.class)
public final class BundleConverter implements Converter {
    private final BundleContext context;

    @Activate
    public BundleConverter(BundleContext context) {
        // That of the framework outlives this bundle, which a command may stop.
        this.context = context.getBundle(0).getBundleContext();
    }

    @Override
    public Object convert(Class<?> desired, Object in) {
        return desired == Bundle.class ? find(in.toString()) : null;
    }

    private Bundle find(String text) {
        if (text.matches("\\d{1,18}")) {
            return context.getBundle(Long.parseLong(text));
        }
        for (Bundle bundle : context.getBundles()) {
            if (text.equals(bundle.getSymbolicName()) || text.equals(bundle.getLocation())) {
                return bundle;
            }
        }
        return null;
    }

    @Override
    public CharSequence format(Object target, int level, Converter escape) {
        return null;
    }
}
