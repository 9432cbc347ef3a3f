// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

/** Why a client's connection has ended: the first letter of its final state. */
enum EndCause {
    /** Both sides have finished. */
    FINISHED('-'),
    /** The client has reset it, or has gone away. */
    CLIENT('C'),
    /** The backend has reset it. */
    BACKEND('B'),
    /** It was silent for too long. */
    SILENCE('T'),
    /** This node did not take it, or could not go on with it; the refusal says why. */
    REFUSED('R'),
    /** This node had reasons that lie elsewhere: the end of a drain, an address that moves, a backend found dead. */
    NODE('N'),
    /** A defect of this program. */
    DEFECT('X');

    final char letter;

    EndCause(char letter) {
        this.letter = letter;
    }
}
