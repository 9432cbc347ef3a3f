// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import io.mainstay.config.Schema.VirtualRouter;
import io.mainstay.election.ChecksumPreference;
import io.mainstay.election.ProtocolConfig;
import io.mainstay.election.wire.Authentication;
import io.mainstay.election.wire.Authentication.SimplePassword;
import io.mainstay.election.wire.VrrpVersion;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.regex.Pattern;

/** The keys of a virtual router that say which protocol it speaks with its peers, and what must hold between them. */
final class ProtocolKeys {

    private static final Pattern PASSWORD_TEXT = Pattern.compile("[\\x21-\\x7E]{0,8}");

    static final Key.Scalar<VrrpVersion> VERSION = Key.optional(
            "version",
            ScalarTypes.number(2, 3, VrrpVersion::ofNumber, VrrpVersion::number),
            VrrpVersion.V3,
            "The version of VRRP, the same on each node. keepalived speaks 2 unless it has vrrp_version 3. Version 2 knows"
                    + " IPv4 and whole seconds only, and all nodes must have the same advertisement_interval.");

    static final Key.Scalar<ChecksumPreference> CHECKSUM = Key.optional(
            "checksum",
            ScalarTypes.word(ChecksumPreference.class),
            ChecksumPreference.AUTO,
            "Which form of the IPv4 checksum is sent: that of RFC 9568, that with a pseudo-header as keepalived sends"
                    + " it, or the one that the peer uses. Both are always accepted.");

    static final Key.Scalar<Authentication> PASSWORD = Key.optional(
            "password",
            new ScalarType<>(
                    "1..8 printable ASCII characters, or \"\" for none",
                    ScalarType.Form.SECRET,
                    ProtocolKeys::authentication,
                    ProtocolKeys::text),
            Authentication.NONE,
            "With version 2: the simple password (keepalived: auth_type PASS). It travels in clear text and keeps strangers"
                    + " apart, not enemies out.");

    private ProtocolKeys() {}

    private static Authentication authentication(String text) {
        if (!PASSWORD_TEXT.matcher(text).matches()) {
            throw new IllegalArgumentException("password");
        }
        return text.isEmpty() ? Authentication.NONE : SimplePassword.ofOctets(text.getBytes(StandardCharsets.US_ASCII));
    }

    private static String text(Authentication authentication) {
        return switch (authentication) {
            case Authentication.None none -> "";
            case SimplePassword password -> new String(password.octets(), StandardCharsets.US_ASCII);
        };
    }

    static ProtocolConfig read(WrittenSection router) {
        return new ProtocolConfig(
                ConfigBuilder.get(router, VERSION),
                ConfigBuilder.get(router, CHECKSUM),
                ConfigBuilder.get(router, PASSWORD));
    }

    static void check(WrittenSection router, Problems problems) {
        if (router.value(VERSION) == VrrpVersion.V2) {
            checkVersion2(router, problems);
        } else if (router.has(PASSWORD) && !Authentication.NONE.equals(router.value(PASSWORD))) {
            problems.error(
                    router.placeOf(PASSWORD),
                    router.pathOf(PASSWORD),
                    "given (expected: with version: 2 only; VRRPv3 has no password)");
        }
    }

    private static void checkVersion2(WrittenSection router, Problems problems) {
        Duration interval = router.value(VirtualRouter.ADVERTISEMENT_INTERVAL);
        if (interval != null && interval.toMillisPart() != 0) {
            problems.refuse(
                    router.placeOf(VirtualRouter.ADVERTISEMENT_INTERVAL),
                    router.pathOf(VirtualRouter.ADVERTISEMENT_INTERVAL),
                    Durations.format(interval),
                    "whole seconds with version: 2, such as 1s; shorter ones need version: 3");
        }
        if (router.has(CHECKSUM)) {
            problems.warn(
                    router.placeOf(CHECKSUM), router.pathOf(CHECKSUM), "has no effect: version 2 has one form only");
        }
    }
}
