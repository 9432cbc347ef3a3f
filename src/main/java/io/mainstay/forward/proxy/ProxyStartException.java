// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

/** The engine cannot serve what it was asked to. Its message names the service, the address and the reason. */
public final class ProxyStartException extends Exception {

    private static final long serialVersionUID = 1L;

    public ProxyStartException(String message) {
        super(message);
    }

    public ProxyStartException(String message, Throwable cause) {
        super(message, cause);
    }
}
