// SPDX-License-Identifier: Apache-2.0
package io.mainstay.health.probe;

import io.netty.channel.unix.Errors;
import java.net.NoRouteToHostException;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the kernel said when a socket call failed, in words for an operator. */
public final class SocketErrors {

    private static final int ENOMEM = 12;
    private static final int ENFILE = 23;
    private static final int EMFILE = 24;
    private static final int EADDRINUSE = 98;
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
        return failure instanceof Errors.NativeIoException nativeFailure
                && switch (-nativeFailure.expectedErr()) {
                    case ENOMEM, ENFILE, EMFILE, ENOBUFS -> true;
                    default -> false;
                };
    }

    /** Whether another socket has the address. */
    public static boolean isInUse(Throwable failure) {
        return failure instanceof Errors.NativeIoException nativeFailure && -nativeFailure.expectedErr() == EADDRINUSE;
    }
}
