// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

/** Bits of epoll events, from {@code sys/epoll.h}. */
final class Readiness {

    static final int IN = 0x001;

    /** An urgent octet has arrived, at which a read stops. */
    static final int PRI = 0x002;

    static final int OUT = 0x004;

    /** An error is pending on the socket; always told. */
    static final int ERR = 0x008;

    /** Both directions are closed; always told. */
    static final int HUP = 0x010;

    /** The peer has finished sending, or more. */
    static final int RDHUP = 0x2000;

    private Readiness() {}

    static boolean mayRead(int readiness) {
        return (readiness & (IN | PRI | RDHUP | HUP | ERR)) != 0;
    }

    static boolean mayWrite(int readiness) {
        return (readiness & OUT) != 0;
    }

    /** Whether a read may stop before the last octet that is there: at an end, an error, or an urgent octet. */
    static boolean mayStopShort(int readiness) {
        return (readiness & (RDHUP | HUP | ERR | PRI)) != 0;
    }

    /** Whether there is an error or an urgent octet, behind which splice(2) finds nothing, or no error. */
    static boolean mayHideOctets(int readiness) {
        return (readiness & (ERR | PRI)) != 0;
    }

    /** Whether the peer sends nothing more, for whatever reason. */
    static boolean isOver(int readiness) {
        return (readiness & (RDHUP | HUP | ERR)) != 0;
    }

    /** Whether the peer has finished sending in good order, so that all it sent has arrived. */
    static boolean isComplete(int readiness) {
        return (readiness & (RDHUP | ERR)) == RDHUP;
    }

    static boolean isError(int readiness) {
        return (readiness & ERR) != 0;
    }
}
