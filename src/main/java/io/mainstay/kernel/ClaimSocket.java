// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel;

/** Hears, through {@link KernelEvents}, who says on one interface that it has an address. Used by one thread. */
public interface ClaimSocket extends AutoCloseable {

    @Override
    void close();
}
