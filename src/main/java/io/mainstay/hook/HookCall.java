// SPDX-License-Identifier: Apache-2.0
package io.mainstay.hook;

import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * The hooks of one change of state.
 *
 * @param router the virtual router
 * @param trigger the key under which the programs are configured, such as {@code on_active}
 * @param programs run one after the other
 * @param environment what they are told
 */
public record HookCall(
        String router, String trigger, List<HookProgram> programs, Map<String, String> environment, Duration timeout) {

    public HookCall {
        programs = List.copyOf(programs);
        environment = Map.copyOf(environment);
    }
}
