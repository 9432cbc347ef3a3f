// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

/**
 * Whether a service has enough backends, see {@link PanicConfig}.
 *
 * @param healthy how many are to serve and healthy; those of the backup tier do not count
 * @param needed how many have to be, at least one
 */
public record PoolHealth(int healthy, int needed) {

    public boolean isEnough() {
        return healthy >= needed;
    }
}
