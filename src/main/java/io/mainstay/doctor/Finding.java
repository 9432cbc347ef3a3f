// SPDX-License-Identifier: Apache-2.0
package io.mainstay.doctor;

/**
 * What one check found.
 *
 * @param check the word for the check, such as {@code firewall}
 * @param subject what was looked at, such as an interface; empty if there is but one
 * @param found for people, without a full stop
 * @param advice what to do; empty if nothing
 */
public record Finding(String check, String subject, Grade grade, String found, String advice) {

    static Finding ok(String check, String subject, String found) {
        return new Finding(check, subject, Grade.OK, found, "");
    }

    static Finding warning(String check, String subject, String found, String advice) {
        return new Finding(check, subject, Grade.WARNING, found, advice);
    }

    static Finding failed(String check, String subject, String found, String advice) {
        return new Finding(check, subject, Grade.FAILED, found, advice);
    }

    static Finding skipped(String check, String subject, String found, String advice) {
        return new Finding(check, subject, Grade.SKIPPED, found, advice);
    }
}
