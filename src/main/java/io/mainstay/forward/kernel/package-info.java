// SPDX-License-Identifier: Apache-2.0
/**
 * The kernel engine: has the data path in the kernel ({@link io.mainstay.kernel.FlowProgram}) forward the services that ask
 * for nothing that it lacks. The states of backends are kept by the proxy engine, which also takes what the data path leaves
 * to the stack.
 *
 * <p>May use {@code forward}, {@code kernel}, {@code net} and {@code time}.
 */
@NullMarked
package io.mainstay.forward.kernel;

import org.jspecify.annotations.NullMarked;
