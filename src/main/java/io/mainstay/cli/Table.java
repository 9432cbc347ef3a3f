// SPDX-License-Identifier: Apache-2.0
package io.mainstay.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;

/** Rows under headings, each column as wide as its widest cell; the last one may be of any length. */
final class Table {

    private static final String GAP = "  ";

    /** One cell. Colours take no room. */
    record Cell(String text, Colour colour) {

        Cell {
            text = HumanText.printable(text);
        }

        static Cell of(Object value) {
            String text = value.toString();
            return new Cell(text.isEmpty() ? "-" : text, Colour.NONE);
        }
    }

    private final List<List<Cell>> rows = new ArrayList<>();

    Table(String... headings) {
        row((Object[]) headings);
    }

    /** Adds a row of {@link Cell}s or of anything else, which is shown by its text; an empty text as a dash. */
    void row(Object... values) {
        List<Cell> row = new ArrayList<>(values.length);
        for (Object value : values) {
            row.add(value instanceof Cell cell ? cell : Cell.of(value));
        }
        rows.add(row);
    }

    void print(PrintWriter out, boolean colours) {
        int columns = rows.getFirst().size();
        int[] widths = new int[columns];
        for (List<Cell> row : rows) {
            for (int column = 0; column < columns; column++) {
                widths[column] = Math.max(widths[column], length(row.get(column)));
            }
        }
        for (List<Cell> row : rows) {
            StringBuilder line = new StringBuilder();
            for (int column = 0; column < columns; column++) {
                Cell cell = row.get(column);
                line.append(colours ? cell.colour().paint(cell.text()) : cell.text());
                if (column < columns - 1) {
                    line.repeat(' ', widths[column] - length(cell)).append(GAP);
                }
            }
            out.println(line);
        }
    }

    private static int length(Cell cell) {
        return cell.text().codePointCount(0, cell.text().length());
    }
}
