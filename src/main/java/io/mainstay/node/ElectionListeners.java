// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.observe.EventDraft;
import java.util.List;

/** Tells several listeners, in their order. */
record ElectionListeners(List<ElectionListener> listeners) implements ElectionListener {

    @Override
    public void onTransition(RouterTransition transition) {
        listeners.forEach(listener -> listener.onTransition(transition));
    }

    @Override
    public void onNotice(RouterNotice notice) {
        listeners.forEach(listener -> listener.onNotice(notice));
    }

    @Override
    public void onServing(String router) {
        listeners.forEach(listener -> listener.onServing(router));
    }

    @Override
    public void onFact(EventDraft fact) {
        listeners.forEach(listener -> listener.onFact(fact));
    }
}
