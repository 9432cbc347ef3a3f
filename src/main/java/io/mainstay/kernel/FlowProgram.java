// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel;

import io.mainstay.net.Endpoint;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.mainstay.net.MacAddress;
import io.mainstay.net.Prefix;
import io.mainstay.net.Transport;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The data path in the kernel, with its maps (native/bpf/README.md). Program, maps and flows stay when the process ends, and
 * {@link #setGate} alone decides whether they count.
 *
 * <p>Used by one thread, but for {@link #setGate}, {@link #putFormer} and {@link #removeFormer}, which any thread may call: no
 * method waits for anything but the kernel.
 */
public interface FlowProgram extends AutoCloseable {

    /** How many backends, listening addresses and so on there is room for. */
    record Room(int gates, int backends, int tables, int sources, int services, int addresses) {}

    /** What holds for all services; ticks as in {@link #clock}. */
    record Settings(long secret0, long secret1, boolean anyNat, int embryoTicks, int udpTicks, int hopTicks) {}

    /**
     * A moment on two clocks.
     *
     * @param ticks the program's clock now, which wraps around
     * @param nanos CLOCK_MONOTONIC at the same moment
     */
    record Clock(int ticks, long nanos) {}

    /**
     * What an address is to the program.
     *
     * @param ours a virtual address
     * @param backend the address of a backend that sees the addresses of clients
     * @param gate which gate must be open for an address of ours
     * @param firstPort of those that flows to backends leave from
     * @param ports how many of these there are; 0: none leaves from here
     */
    record Role(boolean ours, boolean backend, int gate, int firstPort, int ports) {}

    /** Where clients arrive. */
    record ServiceKey(Transport transport, Endpoint endpoint) {}

    /** How the addresses of a packet change on the way. */
    enum Mode {
        FULL_NAT,
        NAT,
        DSR
    }

    /**
     * A service; its part of the tables and of the sources must have been written before.
     *
     * @param persistSource whether all flows of a client address go to one backend
     * @param judged whether its door, or a limit of a backend, may turn new flows away; then flows are counted
     * @param door where clients that are turned away are counted; see {@link Door}
     */
    record Service(
            int id,
            boolean persistSource,
            Mode mode,
            int tableFirst,
            int tableSize,
            int sourcesFirst,
            int sourcesCount,
            boolean judged,
            int door) {

        /** One that takes everybody in. */
        public Service(
                int id,
                boolean persistSource,
                Mode mode,
                int tableFirst,
                int tableSize,
                int sourcesFirst,
                int sourcesCount) {
            this(id, persistSource, mode, tableFirst, tableSize, sourcesFirst, sourcesCount, false, 0);
        }
    }

    /**
     * What a service takes in on all its addresses and ports together.
     *
     * @param owner tells whose it is; means nothing here
     * @param flows at the same time; 0: any number
     * @param flowsPerClient the same for clients that count as one
     * @param intervalNanos between two new flows in the long run; 0: any number of them
     * @param intervalPerClientNanos the same for clients that count as one
     * @param ipv4Bits clients whose addresses begin with as many equal bits count as one
     * @param ipv6Bits the same for IPv6
     */
    record Door(
            long owner,
            int flows,
            int flowsPerClient,
            long intervalNanos,
            long intervalPerClientNanos,
            int ipv4Bits,
            int ipv6Bits) {}

    /** Why a client is turned away: {@code enum refusal} of native/bpf/abi.h, in its order. */
    enum Refusal {
        DENIED,
        SERVICE_FULL,
        SOURCE_FULL,
        SERVICE_TOO_FAST,
        SOURCE_TOO_FAST,
        NO_BACKEND,
        BACKENDS_FULL,
        NO_RESOURCES
    }

    /** Where flows to backends leave from. */
    record Source(IpAddress address, int firstPort, int ports) {}

    /** What becomes of the flows of a backend. */
    enum State {
        /** None: there is no such backend. Live ones are reset. */
        ABSENT,
        READY,
        /** No new ones, live ones go on. */
        DRAINING,
        /** The same of connections; a client's next datagram goes elsewhere. */
        UNHEALTHY,
        /** Live ones are reset. */
        DOWN
    }

    /**
     * A backend in its slot.
     *
     * @param port 0: the one that the client asked for
     * @param id never given twice, so that a flow knows when its slot has another backend
     * @param limit of live flows at the same time; 0: any number
     */
    record Backend(IpAddress address, int port, State state, int id, int limit) {

        /** One without limit. */
        public Backend(IpAddress address, int port, State state, int id) {
            this(address, port, state, id, 0);
        }
    }

    /** What a slot has had, summed over the processors, since the program was loaded. */
    record Traffic(long packetsIn, long octetsIn, long packetsOut, long octetsOut, long flowsNew, long flowsOpened) {}

    /**
     * How long a slot's backend took, how often, since {@link #measure}: bucket n of each counts 2^n to 2^(n+1) microseconds.
     *
     * @param connect from a client's SYN to the backend's
     * @param firstByte from a client's first data to the backend's
     */
    record Latency(List<Long> connect, List<Long> firstByte) {

        public Latency {
            connect = List.copyOf(connect);
            firstByte = List.copyOf(firstByte);
        }
    }

    Room room();

    void setSettings(Settings settings) throws KernelException;

    Clock clock() throws KernelException;

    Map<IpAddress, Role> addresses() throws KernelException;

    void putAddress(IpAddress address, Role role) throws KernelException;

    void removeAddress(IpAddress address) throws KernelException;

    /** Lets packets to and from these addresses, and few others, be looked at closely. Set before an address is put. */
    void setFilter(Set<IpAddress> addresses) throws KernelException;

    /** Has frames to these MAC addresses of virtual routers looked at like those to the interface's own, and to no others. */
    void setVirtualMacs(Set<MacAddress> macs) throws KernelException;

    /** Makes the addresses behind a gate count, or not. Callable from every thread. */
    void setGate(int gate, boolean open) throws KernelException;

    boolean isGateOpen(int gate) throws KernelException;

    /** The addresses for which there is a former Active. */
    Set<IpAddress> formers() throws KernelException;

    /**
     * Has what a backend says to a client that is not known here go on to the node that was Active before. Callable from every
     * thread.
     *
     * @param address a virtual one, which the backend answers to
     * @param gateway that node's own, of the same family
     * @param leavesBy the interface by which it is reached; nothing happens if that does not run the program
     */
    void putFormer(IpAddress address, IpAddress gateway, InterfaceName leavesBy) throws KernelException;

    /** Nobody knows more than this node. Callable from every thread. */
    void removeFormer(IpAddress address) throws KernelException;

    Map<ServiceKey, Service> services() throws KernelException;

    void putService(ServiceKey key, Service service) throws KernelException;

    void removeService(ServiceKey key) throws KernelException;

    /** By backends of mode nat, each with its own address and port: where its clients arrive. */
    Map<ServiceKey, ServiceKey> fronts() throws KernelException;

    /** Says where the clients of a backend arrive, so that what it sends them is understood though they are silent. */
    void putFront(ServiceKey backend, ServiceKey service) throws KernelException;

    void removeFront(ServiceKey backend) throws KernelException;

    /** Writes slots into the tables from {@code first} on. */
    void putTable(int first, int[] slots) throws KernelException;

    /** The slot at one place of the tables. */
    int tableSlot(int index) throws KernelException;

    void putSource(int index, Source source) throws KernelException;

    /** The backend of each slot; those that have none are {@link State#ABSENT}. */
    List<Backend> backends() throws KernelException;

    void putBackend(int slot, Backend backend) throws KernelException;

    /** Whose each slot is, 16 octets that mean nothing here; zeros: nobody's. */
    List<byte[]> owners() throws KernelException;

    void putOwner(int slot, byte[] name) throws KernelException;

    Map<Integer, Door> doors() throws KernelException;

    /** Sets what a service takes in. A door that is new begins with no flows and full buckets. */
    void putDoor(int id, Door door) throws KernelException;

    /** No flow may be counted with it any more, and no service have it. */
    void removeDoor(int id) throws KernelException;

    /**
     * Puts an access list in the place of the one that a door has, at once and as a whole.
     *
     * @param allowed whether the clients of a network may come; of several the smallest decides
     * @param others whether those may who are in none of them
     */
    void setAccess(int door, Map<Prefix, Boolean> allowed, boolean others) throws KernelException;

    /** Everybody may come. */
    void removeAccess(int door) throws KernelException;

    /** How often what has happened at each door since it was made. */
    Map<Integer, Map<Refusal, Long>> refusals() throws KernelException;

    /** Frees the memory of clients that have no flows any more. */
    void sweepClients() throws KernelException;

    /** Of the slots below {@code slots}. */
    List<Traffic> traffic(int slots) throws KernelException;

    /** How many flows that still wait for an answer each slot has, of those below {@code slots}. */
    List<Integer> embryos(int slots) throws KernelException;

    /** Has the latency of a slot's backend counted from now on, or no more. */
    void measure(int slot, boolean wanted) throws KernelException;

    /** By slot, of all that are measured. */
    Map<Integer, Latency> latencies() throws KernelException;

    /** How often each event has happened since the program was loaded. */
    Map<FlowEvent, Long> events() throws KernelException;

    /** Goes through the flow table; flows that come or go meanwhile may be met or not. */
    void forEachFlow(Consumer<FlowCursor> visitor) throws KernelException;

    /** What is known of the flow that this packet of a client belongs to; null: nothing. */
    @Nullable
    FlowEntry flow(FlowTuple fromClient) throws KernelException;

    /**
     * Loads a second copy of the program, to be asked; it takes the kernel a second to verify it.
     *
     * @throws IOException with the reason why there is none
     */
    FlowTrial trial() throws IOException;

    /**
     * Has these interfaces run the program, and no others; those that do not exist are left out.
     *
     * @return those that had it, until somebody took it off
     * @throws KernelException naming the interface that refuses
     */
    Set<InterfaceName> attach(Set<InterfaceName> interfaces) throws KernelException;

    /**
     * Has these interfaces forward packets of established flows by XDP, in their drivers, before anything else sees them, and no
     * others. What is attached already stays as it is; to attach can stop an interface for a moment.
     *
     * @param whateverTheyAre also where it suits less than on a network card that stands alone
     * @return for each of them that exists, why it does not do so; empty: it does
     * @throws IOException with the reason why none can
     */
    Map<InterfaceName, String> accelerate(Set<InterfaceName> interfaces, boolean whateverTheyAre) throws IOException;

    /** The interface by which packets to an address leave this host; null if there is no way to it. */
    @Nullable
    InterfaceName interfaceTowards(IpAddress address) throws KernelException;

    @Override
    void close();
}
