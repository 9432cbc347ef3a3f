// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.kernel.GuardedRouter.GuardedInterface;
import io.mainstay.kernel.KernelException;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.mainstay.net.VirtualAddress;
import java.util.List;

/** The interface on which the virtual router advertises. */
record InterfaceHome(RunningInterface link, ElectionPorts ports) implements AddressHome {

    @Override
    public void prepare() {}

    @Override
    public List<InterfaceName> ownInterfaces() {
        return List.of();
    }

    @Override
    public boolean isOn(InterfaceName interfaceName) {
        return link.name().equals(interfaceName);
    }

    @Override
    public void add(VirtualAddress address) throws KernelException {
        ports.addresses().add(link.name(), address);
    }

    @Override
    public void remove(VirtualAddress address) throws KernelException {
        link.remove(address);
    }

    @Override
    public void announce(IpAddress address) throws KernelException {
        ports.neighbours().announce(link.name(), address);
    }

    @Override
    public void probe(IpAddress address) throws KernelException {
        ports.neighbours().probe(link.name(), address);
    }

    @Override
    public void send(IpAddress source, IpAddress destination, byte[] message) throws KernelException {
        link.send(source, destination, message);
    }

    @Override
    public List<GuardedInterface> guarded() {
        return List.of();
    }

    @Override
    public void leave() {}
}
