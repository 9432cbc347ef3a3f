// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

/**
 * How often something may happen.
 *
 * @param perSecond times a second in the long run; 0: as often as it likes
 */
public record Rate(int perSecond) {

    public static final Rate UNLIMITED = new Rate(0);

    public Rate {
        if (perSecond < 0) {
            throw new IllegalArgumentException("rate: " + perSecond + " (expected: 0 or more)");
        }
    }

    public boolean isLimited() {
        return perSecond > 0;
    }
}
