// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import io.mainstay.kernel.Guard;
import io.mainstay.kernel.GuardedRouter;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.mainstay.net.IpDatagram;
import io.mainstay.net.Ipv4Address;
import io.mainstay.net.VirtualAddress;
import io.mainstay.time.MonotonicInstant;
import java.net.NetworkInterface;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/** Stands in for the daemon: holds one address, renews its lease from a thread of its own, and says when it was fenced. */
final class GuardedNode {

    private static final Duration TURN = Duration.ofMillis(10);

    private GuardedNode() {}

    /** Arguments: interface, address with prefix length, lease in milliseconds. */
    public static void main(String[] arguments) throws Exception {
        InterfaceName name = new InterfaceName(arguments[0]);
        int index = NetworkInterface.getByName(arguments[0]).getIndex();
        VirtualAddress address = VirtualAddress.parse(arguments[1]);
        Duration lease = Duration.ofMillis(Long.parseLong(arguments[2]));
        Guard guard = SharedPageGuard.ofEnvironment(System.getenv());
        IpDatagram resignation =
                new IpDatagram(IpAddress.parse("198.18.0.1"), Ipv4Address.VRRP_GROUP, 255, new byte[12]);
        guard.holding(List.of(new GuardedRouter(0, name, index, List.of(address), List.of(), List.of(resignation))));
        Thread election = Thread.ofPlatform().name("election").start(() -> renew(guard, lease));
        election.join();
    }

    private static void renew(Guard guard, Duration lease) {
        boolean first = true;
        while (true) {
            if (!guard.arm(new MonotonicInstant(System.nanoTime()).plus(lease))) {
                say("fenced " + guard.fenced().orElseThrow().reason());
                guard.acknowledge();
                say("acknowledged");
            } else if (first) {
                say("ready " + ProcessHandle.current().pid());
                first = false;
            }
            LockSupport.parkNanos(TURN.toNanos());
        }
    }

    private static void say(String line) {
        System.out.println(line);
        System.out.flush();
    }
}
