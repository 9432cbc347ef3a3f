// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel;

/**
 * A flow as the data path has it at one moment, in the direction from the client.
 *
 * @param embryo whether it still waits for both ends to have spoken, and may be forgotten for others
 * @param mode how its packets are changed
 * @param slot of its backend
 * @param backendId which backend the slot had when the flow began
 * @param state bits of {@link FlowCursor#LIVE} and its like
 * @param seenTick of the last packet of either direction
 * @param gate which gate must be open for it
 */
public record FlowEntry(
        boolean embryo, FlowProgram.Mode mode, int slot, int backendId, int state, int seenTick, int gate) {

    /** Whether the connection is over: what comes next on its ports is another one. */
    public boolean isClosed() {
        int fins = FlowCursor.CLIENT_FIN | FlowCursor.BACKEND_FIN;
        return (state & FlowCursor.RESET) != 0 || (state & fins) == fins;
    }

    /** Whether one end has said that it is done. */
    public boolean isClosing() {
        return (state & (FlowCursor.CLIENT_FIN | FlowCursor.BACKEND_FIN)) != 0;
    }
}
