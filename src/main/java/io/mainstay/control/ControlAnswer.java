// SPDX-License-Identifier: Apache-2.0
package io.mainstay.control;

import com.google.gson.JsonElement;
import io.mainstay.observe.JsonText;
import java.util.Locale;

/** What the control server answers. */
sealed interface ControlAnswer {

    /**
     * A body at once.
     *
     * @param status the status code of HTTP
     * @param contentType the media type of the body
     * @param body the body
     */
    record Whole(int status, String contentType, String body) implements ControlAnswer {}

    /**
     * The events as they come, for as long as the client stays.
     *
     * @param since the sequence after which to start
     */
    record EventStream(long since) implements ControlAnswer {}

    static ControlAnswer json(JsonElement tree) {
        return new Whole(200, "application/json", JsonText.pretty(tree));
    }

    static Whole error(int status, String code, String message) {
        return new Whole(status, "application/json", JsonText.pretty(ControlJson.error(code, message)));
    }

    static Whole refusal(ControlRefusal refusal) {
        return error(
                refusal.reason().status(),
                refusal.reason().name().toLowerCase(Locale.ROOT),
                String.valueOf(refusal.getMessage()));
    }
}
