// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

/** Which backends of a service get new connections. */
public enum Tier {
    /** The healthy ones. */
    HEALTHY,
    /** The healthy ones among the backups, because too few of the others are. */
    BACKUP,
    /** All but the backups, whatever their checks say, because too few are healthy. */
    ALL,
    /** None. */
    NONE
}
