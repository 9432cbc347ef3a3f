// SPDX-License-Identifier: Apache-2.0
package io.mainstay.migrate;

/**
 * A configuration file.
 *
 * @param file its name, for messages and as the place that includes are relative to
 * @param text what it holds
 */
public record SourceText(String file, String text) {}
