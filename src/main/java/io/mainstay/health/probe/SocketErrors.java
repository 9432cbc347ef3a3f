// SPDX-License-Identifier: Apache-2.0
package io.mainstay.health.probe;

import io.mainstay.health.Finding;
import io.netty.channel.unix.Errors;
import java.net.NoRouteToHostException;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the kernel said when a socket call failed, in words for an operator. */
public final class SocketErrors {

    private static final int EAGAIN = 11;
    private static final int ENOMEM = 12;
    private static final int ENFILE = 23;
    private static final int EMFILE = 24;
    private static final int EADDRINUSE = 98;
    private static final int EADDRNOTAVAIL = 99;
    private static final int ENOBUFS = 105;

    /** Netty's messages: {@code connect(..) failed with error(-111): Connection refused: /192.0.2.1:80}. */
    private static final Pattern NATIVE = Pattern.compile("failed with error\\(-?(\\d+)\\): ?([^:]+)");

    private SocketErrors() {}

    /** Such as {@code connection refused (errno 111)}. */
    public static String reason(Throwable failure) {
        String message = String.valueOf(failure.getMessage());
        Matcher matcher = NATIVE.matcher(message);
        if (matcher.find()) {
            return matcher.group(2).strip().toLowerCase(Locale.ROOT) + " (errno " + matcher.group(1) + ")";
        }
        if (failure instanceof NoRouteToHostException) {
            return "no route to host";
        }
        return failure.getMessage() == null ? failure.getClass().getSimpleName() : message;
    }

    /** Whether this node lacks something, rather than the peer. */
    public static boolean isShortage(Throwable failure) {
        return switch (errno(failure)) {
            case ENOMEM, ENFILE, EMFILE, ENOBUFS -> true;
            default -> false;
        };
    }

    /** Whether this node has no port of its own left from which a socket could connect to this peer (connect(2), ip(7)). */
    public static boolean isWantOfPorts(Throwable failure) {
        return switch (errno(failure)) {
            case EADDRNOTAVAIL, EAGAIN -> true;
            default -> false;
        };
    }

    /** What is found when a check could not connect. */
    static Finding notConnected(String step, Throwable failure) {
        String detail = step + reason(failure);
        return isWantOfPorts(failure) ? Finding.notAsked(detail) : Finding.failed(detail);
    }

    /** Whether another socket has the address. */
    public static boolean isInUse(Throwable failure) {
        return errno(failure) == EADDRINUSE;
    }

    /** 0 if the failure does not tell. That of a connect has it in its message alone. */
    private static int errno(Throwable failure) {
        if (failure instanceof Errors.NativeIoException nativeFailure) {
            return -nativeFailure.expectedErr();
        }
        Matcher matcher = NATIVE.matcher(String.valueOf(failure.getMessage()));
        return matcher.find() ? Integer.parseInt(matcher.group(1)) : 0;
    }
}
