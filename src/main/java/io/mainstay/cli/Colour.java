// SPDX-License-Identifier: Apache-2.0
package io.mainstay.cli;

import io.mainstay.observe.BackendStatus;
import io.mainstay.observe.ServiceStatus;
import io.mainstay.observe.Severity;
import io.mainstay.observe.VirtualRouterStatus;

/** What a colour says: as it should be, standing by, on its way, broken. */
enum Colour {
    NONE(""),
    GOOD("32"),
    CALM("36"),
    CAUTION("33"),
    BAD("31");

    private final String code;

    Colour(String code) {
        this.code = code;
    }

    /** The text in this colour, by the control sequences of ECMA-48. */
    String paint(String text) {
        return this == NONE ? text : "\u001b[" + code + "m" + text + "\u001b[0m";
    }

    static Colour of(VirtualRouterStatus.State state) {
        return switch (state) {
            case ACTIVE -> GOOD;
            case BACKUP -> CALM;
            case INITIALIZE -> CAUTION;
            case FAULT -> BAD;
        };
    }

    static Colour of(ServiceStatus.State state) {
        return switch (state) {
            case SERVING -> GOOD;
            case STANDBY -> CALM;
            case DRAINING, MAINTENANCE -> CAUTION;
            case DOWN -> BAD;
        };
    }

    static Colour of(BackendStatus.State state) {
        return switch (state) {
            case HEALTHY -> GOOD;
            case UNHEALTHY -> BAD;
            case DRAINING, MAINTENANCE -> CAUTION;
        };
    }

    static Colour of(Severity severity) {
        return switch (severity) {
            case INFO -> NONE;
            case WARNING -> CAUTION;
            case ERROR -> BAD;
        };
    }
}
