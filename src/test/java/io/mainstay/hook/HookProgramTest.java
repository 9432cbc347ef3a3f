// SPDX-License-Identifier: Apache-2.0
package io.mainstay.hook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HookProgramTest {

    @Test
    void blanksSeparateItsWords() {
        assertThat(HookProgram.parse(" /hooks/tell  INSTANCE web ").words())
                .containsExactly("/hooks/tell", "INSTANCE", "web");
        assertThat(HookProgram.parse("/hooks/up").words()).containsExactly("/hooks/up");
    }

    @Test
    void aBackslashTakesTheMeaningFromWhatFollows() {
        assertThat(HookProgram.parse("/hooks/on\\ up a\\\\b c\\").words())
                .containsExactly("/hooks/on up", "a\\b", "c\\");
    }

    @Test
    void whatItIsWrittenAsIsReadBack() {
        HookProgram program = new HookProgram(List.of("/a b", "\\", " ", "\\ c"));
        assertThat(HookProgram.parse(program.toString())).isEqualTo(program);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "hooks/up", "up /hooks", "/hooks\0", "\\"})
    void whatIsNoAbsolutePathIsRefused(String text) {
        assertThatThrownBy(() -> HookProgram.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }
}
