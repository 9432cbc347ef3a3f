// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.mainstay.kernel.Errno;
import io.mainstay.kernel.KernelEvent;
import io.mainstay.kernel.KernelException;
import io.mainstay.net.InterfaceName;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PollSetTest {

    private static final Optional<Duration> AT_ONCE = Optional.of(Duration.ZERO);

    private final PollSet sources = new PollSet();
    private final List<Source> opened = new ArrayList<>();

    /** An event descriptor that bears a name and may fail. */
    private final class Source implements PollSource {

        private final String name;
        private final WakeDescriptor descriptor;
        private boolean failing;
        private boolean pending;

        private Source(String name) throws KernelException {
            this.name = name;
            descriptor = WakeDescriptor.open();
            opened.add(this);
            sources.add(this);
        }

        @Override
        public int descriptor() {
            return descriptor.descriptor();
        }

        @Override
        public boolean isPending() {
            return pending;
        }

        @Override
        public void drain(int mostMessages, Consumer<KernelEvent> sink) throws KernelException {
            descriptor.drain(mostMessages, sink);
            if (failing) {
                throw new KernelException("read " + name, Errno.ENOBUFS.number());
            }
            sink.accept(new KernelEvent.LinkChanged(new InterfaceName(name)));
        }
    }

    @AfterEach
    void close() {
        opened.forEach(source -> source.descriptor.close());
    }

    private List<String> drained() throws KernelException {
        List<String> names = new ArrayList<>();
        sources.drain(AT_ONCE, 64, event -> names.add(event.interfaceName().value()));
        return names;
    }

    @Test
    void whoHasSomethingHandsItOutInTheOrderOfTheSet() throws KernelException {
        Source first = new Source("first");
        new Source("second");
        Source third = new Source("third");
        third.descriptor.wake();
        first.descriptor.wake();
        assertThat(drained()).containsExactly("first", "third");
        assertThat(drained()).isEmpty();
    }

    @Test
    void oneThatFailsKeepsNoneOfTheOthersBack() throws KernelException {
        Source first = new Source("first");
        Source second = new Source("second");
        Source third = new Source("third");
        first.failing = true;
        third.failing = true;
        List.of(first, second, third).forEach(source -> source.descriptor.wake());
        List<String> names = new ArrayList<>();
        assertThatExceptionOfType(KernelException.class)
                .isThrownBy(() -> sources.drain(
                        AT_ONCE, 64, event -> names.add(event.interfaceName().value())))
                .withMessageContaining("read first");
        assertThat(names).containsExactly("second");
    }

    @Test
    void oneThatHasMoreThanItsDescriptorTellsOfIsAskedAsWell() throws KernelException {
        Source source = new Source("first");
        assertThat(drained()).isEmpty();
        source.pending = true;
        assertThat(drained()).containsExactly("first");
    }
}
