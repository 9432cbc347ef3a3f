// SPDX-License-Identifier: Apache-2.0
package io.mainstay.observe;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;

/** What went wrong with a file, in words for the operator: Java says some of it only by the name of a class. */
public final class IoProblem {

    private IoProblem() {}

    /** Such as {@code /var/lib/mainstay: Permission denied}. */
    public static String describe(IOException problem) {
        String reason = reason(problem);
        boolean named = problem instanceof FileSystemException inFile && inFile.getFile() != null;
        return named ? ((FileSystemException) problem).getFile() + ": " + reason : reason;
    }

    private static String reason(IOException problem) {
        return switch (problem) {
            case NoSuchFileException ignored -> "No such file or directory";
            case AccessDeniedException ignored -> "Permission denied";
            case FileAlreadyExistsException ignored -> "Exists, but is not a directory";
            case NotDirectoryException ignored -> "Not a directory";
            case DirectoryNotEmptyException ignored -> "Directory not empty";
            case FileSystemLoopException ignored -> "Too many levels of symbolic links";
            case FileSystemException inFile -> inFile.getReason() == null ? "Input/output error" : inFile.getReason();
            case CharacterCodingException ignored -> "Not UTF-8 text";
            default -> problem.getMessage() == null ? "Input/output error" : problem.getMessage();
        };
    }
}
