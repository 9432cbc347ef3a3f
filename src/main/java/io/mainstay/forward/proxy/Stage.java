// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

/** How far a client's connection has come: the second letter of its final state. */
enum Stage {
    /** It was not known who the client is, or whether it may come in. */
    OPENING('O'),
    /** It waited for a backend with room. */
    QUEUE('Q'),
    /** A backend was being connected to. */
    CONNECT('C'),
    /** Octets were passed on in both directions. */
    DATA('D'),
    /** One side had finished, the other had not. */
    HALF('H'),
    /** Both sides had finished. */
    FINISHED('-');

    final char letter;

    Stage(char letter) {
        this.letter = letter;
    }
}
