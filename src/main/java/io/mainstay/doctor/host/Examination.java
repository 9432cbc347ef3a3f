// SPDX-License-Identifier: Apache-2.0
package io.mainstay.doctor.host;

import io.mainstay.config.MainstayConfig;
import io.mainstay.doctor.Doctor;
import io.mainstay.doctor.Finding;
import io.mainstay.doctor.Heard;
import io.mainstay.doctor.Patient;
import io.mainstay.kernel.KernelException;
import io.mainstay.kernel.linux.LinuxKernel;
import io.mainstay.net.InterfaceName;
import io.mainstay.observe.ProductVersion;
import io.mainstay.observe.StatusSnapshot;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Examines the host that this program runs on; takes a few seconds. */
public final class Examination {

    private Examination() {}

    /**
     * What the daemon says of itself.
     *
     * @param silence why it says nothing; empty if it does
     */
    public record Answer(Optional<StatusSnapshot> status, String silence) {}

    /**
     * What all checks found.
     *
     * @param daemon asks the daemon; called before and after listening
     */
    public static List<Finding> of(MainstayConfig config, Supplier<Answer> daemon) {
        LinuxKernel kernel = open();
        try {
            Answer before = daemon.get();
            Map<InterfaceName, Heard> heard = kernel == null ? Map.of() : Listening.to(config, kernel);
            Answer after = daemon.get();
            return Doctor.examine(new Patient(
                    config,
                    ProductVersion.current(),
                    new ThisHost(kernel),
                    heard,
                    before.status(),
                    after.status(),
                    after.silence()));
        } finally {
            if (kernel != null) {
                kernel.close();
            }
        }
    }

    private static @Nullable LinuxKernel open() {
        try {
            return LinuxKernel.open();
        } catch (KernelException e) {
            // Each check that needs it says so.
            return null;
        }
    }
}
