// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel;

import java.util.Locale;

/** What the data path counts beside traffic: {@code enum event} of native/bpf/abi.h, in its order. */
public enum FlowEvent {
    FLOW_ADOPTED,
    FLOW_REPICKED,
    FLOW_PROBED,
    FLOW_SOUGHT,
    FLOW_TABLE_FULL,
    SENT_RESET,
    SENT_TOO_BIG,
    ICMP_TRANSLATED,
    UP_FRAGMENT,
    UP_MALFORMED,
    DROP_NO_BACKEND,
    DROP_BACKEND_DOWN,
    DROP_NO_PORT,
    DROP_NO_FLOW,
    DROP_HOP_LIMIT,
    DROP_NO_ROUTE,
    DROP_TOO_BIG,
    DROP_KERNEL,
    DROP_REFUSED,
    FAST_PATH,
    SENT_TO_FORMER;

    /** As in metrics and status: {@code drop_no_flow}. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
