// SPDX-License-Identifier: Apache-2.0
/**
 * From YAML to the configuration records that each room declares, with every mistake named at its place.
 *
 * <p>The only user of SnakeYAML. May use the pure rooms.
 */
@NullMarked
package io.mainstay.config;

import org.jspecify.annotations.NullMarked;
