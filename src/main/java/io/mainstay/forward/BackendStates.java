// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

import java.util.List;
import java.util.Set;

/**
 * Where one engine keeps the states of all backends, and another one that forwards some of their flows learns them and tells
 * its part. Any thread.
 */
public interface BackendStates {

    /** Every backend that has or may have flows, by service; also those that are not in the configuration any more. */
    List<BackendView> backends();

    /** Takes over how many flows another engine has; a backend that is unknown meanwhile is passed over. */
    void report(BackendKey backend, OffloadedFlows flows);

    /** Counts clients of a service that the other engine has turned away. */
    void refused(String service, RefusalReason reason, long count);

    /** The other engine forwards these services from now on, and no others: of their clients hardly any comes by here. */
    void forwardedElsewhere(Set<String> services);

    /** The other engine has none any more, nor will have. */
    void release(BackendKey backend);
}
