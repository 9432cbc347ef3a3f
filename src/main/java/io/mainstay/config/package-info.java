// SPDX-License-Identifier: Apache-2.0
/**
 * From YAML to the configuration records that each room declares, with every mistake named at its place.
 *
 * <p>A file is read in two steps: as written ({@code WrittenSection}, by the one declaration of all keys in
 * {@code Schema}), so that every mistake can be reported at once, and then, if there is none, as meant
 * ({@link io.mainstay.config.MainstayConfig}). {@link io.mainstay.config.ConfigFile} is the way in,
 * {@link io.mainstay.config.EffectiveConfig} the way back to text.
 *
 * <p>The only user of SnakeYAML. May use the pure rooms. No thread of its own; everything may be called by any thread.
 */
@NullMarked
package io.mainstay.config;

import org.jspecify.annotations.NullMarked;
