// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel;

import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.mainstay.net.IpDatagram;
import io.mainstay.net.VirtualAddress;
import java.util.List;
import java.util.Optional;

/** A host that makes no interfaces for virtual MAC addresses. */
public final class NoVirtualInterfaces implements VirtualInterfaces {

    private static KernelException refusal(VirtualInterface wanted) {
        return new KernelException("virtual MAC on " + wanted.parent(), Errno.EAFNOSUPPORT.number());
    }

    @Override
    public Optional<State> find(VirtualInterface wanted) {
        return Optional.empty();
    }

    @Override
    public State make(VirtualInterface wanted) throws KernelException {
        throw refusal(wanted);
    }

    @Override
    public void setUp(VirtualInterface wanted, boolean up) throws KernelException {
        throw refusal(wanted);
    }

    @Override
    public void remove(VirtualInterface wanted) {}

    @Override
    public List<InterfaceName> removeLeftovers() {
        return List.of();
    }

    @Override
    public void add(VirtualInterface wanted, VirtualAddress address) throws KernelException {
        throw refusal(wanted);
    }

    @Override
    public void announce(VirtualInterface wanted, IpAddress address) throws KernelException {
        throw refusal(wanted);
    }

    @Override
    public void advertise(VirtualInterface wanted, IpDatagram advertisement) throws KernelException {
        throw refusal(wanted);
    }
}
