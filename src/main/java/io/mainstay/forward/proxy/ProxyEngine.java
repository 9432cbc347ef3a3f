// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import io.mainstay.forward.BackendStates;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * The TCP load balancer of a node: it takes connections on the listeners of its services, relays each to a backend, and
 * checks the backends. It also keeps the states of backends for another engine that forwards flows of the same services.
 *
 * <p>Listeners are bound and checks run from the start, on every node. Services on a virtual address accept only while the
 * gate of that address is open; services on other addresses always do.
 *
 * <p>Every method may be called from any thread; none waits for the network. Names that do not exist are answered by
 * {@link IllegalArgumentException} with the names that do.
 */
public interface ProxyEngine extends BackendStates, AutoCloseable {

    /**
     * Binds every listener and starts the checks. Nothing is left behind when it fails.
     *
     * @param events is told what happened, by threads of the engine: it must return at once and not throw
     * @throws ProxyStartException if a listener cannot be bound; the message names service, address and reason
     */
    static ProxyEngine start(ProxySettings settings, List<ProxyService> services, Consumer<ProxyEvent> events)
            throws ProxyStartException {
        NettyProxyEngine engine = new NettyProxyEngine(settings, events);
        try {
            engine.start(services);
        } catch (ProxyStartException failure) {
            engine.close();
            throw failure;
        }
        return engine;
    }

    /**
     * Serves these services from now on, each by its name the same as before. What is equal to what runs is not touched:
     * neither its sockets nor its connections, verdicts or counters. Backends and services that are gone are drained within
     * the drain timeout of their service; connections of a service that has changed stay where they are and keep the
     * timeouts with which they began.
     *
     * @throws ProxyStartException if a listener cannot be bound; then nothing has changed
     */
    void configure(List<ProxyService> services) throws ProxyStartException;

    /** Lets the services on these addresses accept. Addresses that are open already or are not virtual stay as they are. */
    void openGate(Set<IpAddress> addresses);

    /**
     * Stops the services on these addresses from accepting, and resets their connections on both sides, because the addresses
     * leave this node. New connections that still arrive are reset and counted.
     *
     * <p>Resets can only reach the clients while the address is still on the interface: wait for the result before the
     * address is removed.
     *
     * @return how many connections were reset
     */
    CompletableFuture<Integer> closeGate(Set<IpAddress> addresses);

    /**
     * Lets the connections on these addresses live on although the addresses leave this node, and takes what still reaches it,
     * until {@link #closeGate} or {@link #openGate}. Sessions of datagrams end.
     *
     * @return how many sessions were ended
     */
    CompletableFuture<Integer> keepConnections(Set<IpAddress> addresses);

    /** How many connections clients have on these addresses; each worker is asked, so that it is no call for every moment. */
    CompletableFuture<Integer> countConnections(Set<IpAddress> addresses);

    /**
     * Gives a backend no new connections; those that are live after {@code timeout} are reset, spread over a second. The
     * backend stays {@code DRAINING} until {@link #ready} or {@link #maintenance}. A drain that runs already gets the new
     * deadline.
     *
     * @return completed when the last connection is gone or the drain is cancelled
     */
    CompletableFuture<DrainOutcome> drain(String service, String backend, Duration timeout);

    /** Ends drain or maintenance. After maintenance the backend must pass a check first, which starts at once. */
    void ready(String service, String backend);

    /** Gives a backend no new connections and stops its checks; live connections are kept. */
    void maintenance(String service, String backend);

    /**
     * Drains all backends of a service, and those that will come, until {@link #ready(String)} or {@link
     * #maintenance(String)}: new connections are refused.
     *
     * @return completed when the last connection is gone or the drain is cancelled
     */
    CompletableFuture<List<DrainOutcome>> drain(String service, Duration timeout);

    /** Ends what was wanted of all backends of a service; what is wanted of a single one by its name stays. */
    void ready(String service);

    /** Gives no backend of a service new connections and stops their checks; live connections are kept. */
    void maintenance(String service);

    /**
     * Runs every check of a backend once and now, whatever its state. What they find is told and nothing more.
     *
     * @return completed when the last one is over
     */
    CompletableFuture<List<CheckRun>> check(String service, String backend);

    /**
     * Says which links of this node are down. Until they are back, and a moment longer, a check that fails for want of them is
     * not held against its backend; as soon as one is back all checks are run.
     */
    void linksDown(Set<InterfaceName> down);

    /**
     * The clients of a service that keep their backends.
     *
     * @param most how many of them are listed
     */
    PersistenceSnapshot persistence(String service, int most);

    /**
     * Lets clients of a service have any backend the next time; their connections live on.
     *
     * @param backend only those of this backend; empty: of any
     * @param client only the group to which this address belongs; empty: all of them
     * @return how many were remembered
     */
    int clearPersistence(String service, Optional<String> backend, Optional<IpAddress> client);

    /** Services, backends and counters as they are now. */
    ProxySnapshot snapshot();

    /**
     * Completed with the reason if a thread of the engine has died. New connections that the kernel gives to that thread then
     * hang, and nothing repairs it: the node must give its addresses up and end.
     */
    CompletableFuture<String> failure();

    /** Resets what is left, unbinds the listeners, stops the checks, and returns once that is done. */
    @Override
    void close();
}
