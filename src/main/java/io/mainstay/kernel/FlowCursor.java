// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel;

/**
 * One direction of a flow in the flow table, while {@link FlowProgram#forEachFlow} stands at it. Reads from a copy of the
 * table, so that the flow may have gone on meanwhile.
 */
public interface FlowCursor {

    /** The flow has been answered, and is counted as live while {@link #ENDED} is not set. */
    int LIVE = 16;

    /** The backend has answered the first segment; who the client is, is not known yet. */
    int BACKEND_SPOKE = 1;

    int CLIENT_FIN = 2;
    int BACKEND_FIN = 4;
    int RESET = 8;
    int ENDED = 32;

    /** It is in the counts of its door, its client and its backend. */
    int COUNTED = 1 << 19;

    boolean isTcp();

    /** Whether this is the direction from the backend to the client, in which {@link #state} tells nothing. */
    boolean isToClient();

    /** Slot of its backend. */
    int slot();

    /** Which backend the slot had when the flow began. */
    int backendId();

    int gate();

    /** Bits of {@link #LIVE} and its like. */
    int state();

    /** Tick of the last packet of this direction. */
    int seenTick();

    /** Tick of the last packet of the other direction, looked up now; {@link #seenTick} if there is no such direction. */
    int otherSeenTick();

    /** Whether the other direction is in the table, looked up now. */
    boolean hasOther();

    /** Which packets this direction takes. */
    FlowTuple tuple();

    /** The door that has counted it, or would have when it began; 0: its service judged nobody. */
    int door();

    /** Counts it with a door from now on, whatever the limits are; nothing if it has ended meanwhile. */
    void count(int door);

    /** Takes it out of the counts. */
    void uncount();

    /** Takes both directions out of the table, and out of the counts. */
    void remove();

    /** Has both ends of a TCP flow told that it is over; nothing for UDP. To be called before {@link #remove}. */
    void resetBothEnds();
}
