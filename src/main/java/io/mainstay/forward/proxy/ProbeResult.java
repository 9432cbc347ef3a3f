// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

/**
 * What one probe found.
 *
 * @param success whether the backend passed
 * @param detail what was seen, for people
 */
record ProbeResult(boolean success, String detail) {

    static ProbeResult passed(String detail) {
        return new ProbeResult(true, detail);
    }

    static ProbeResult failed(String detail) {
        return new ProbeResult(false, detail);
    }
}
