// SPDX-License-Identifier: Apache-2.0
package io.mainstay.doctor;

import io.mainstay.kernel.KernelException;
import io.mainstay.kernel.LinkState;
import io.mainstay.net.Endpoint;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.VirtualAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What the checks see of the host that they run on. Used by one thread. */
public interface Host {

    /** The text of a file; empty if it is not there or cannot be read. */
    Optional<String> read(String path);

    /** What a symbolic link says; empty if it is not there or cannot be read. */
    Optional<String> linkTarget(String path);

    /** The names in a directory; none if it is not there or cannot be read. */
    List<String> list(String path);

    /** Runs a program, of the system or one that belongs to Mainstay, for a few seconds at most. */
    ProgramResult run(List<String> words);

    /** An interface, if it is there. */
    Optional<LinkState> link(InterfaceName name) throws KernelException;

    /** The addresses on an interface that is there. */
    Set<VirtualAddress> addresses(InterfaceName name) throws KernelException;

    /** Which of these cannot be connected to by TCP, and why; tries all at the same time, for a few seconds at most. */
    Map<Endpoint, String> refusals(Set<Endpoint> endpoints);

    /** What came of running a program. */
    sealed interface ProgramResult {

        /** It ended with status 0. */
        record Done(String output) implements ProgramResult {}

        /** It ended with another one, or not at all. */
        record Failed(String reason) implements ProgramResult {}

        /** There is no such program. */
        record Missing() implements ProgramResult {}
    }
}
