/**
 * The few Linux system calls that a user-space data plane needs, through {@code java.lang.foreign}: shared memory,
 * event file descriptors, epoll and processor affinity.
 *
 * <p>Calls of the control path throw {@link linux.LinuxException} with the call, the error and its text. The calls that a
 * data path makes ({@link linux.EventFd#signal()}, {@link linux.EventFd#drain()}, {@link linux.DeviceFile#write},
 * {@link linux.Pages}, {@link linux.Memory}) allocate nothing and throw nothing.
 */
@Export
@Version("0.1.0")
package linux;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
