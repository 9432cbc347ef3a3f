// SPDX-License-Identifier: Apache-2.0
package io.mainstay.doctor;

/** How bad a finding is. */
public enum Grade {
    /** As it should be. */
    OK,
    /** Mainstay works, but not as well or as surely as it could. */
    WARNING,
    /** Mainstay does not work, or will not when it has to. */
    FAILED,
    /** It could not be looked at. */
    SKIPPED
}
