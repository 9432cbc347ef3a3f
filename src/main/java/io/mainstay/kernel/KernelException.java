// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel;

/** The kernel refused an operation. Its message names the operation, what it was applied to, and the reason. */
public final class KernelException extends Exception {

    private static final long serialVersionUID = 1L;

    private final Errno errno;
    private final String description;

    /**
     * @param operation what was tried, with its object, such as {@code add 192.0.2.10/24 to eth0}
     * @param errnoNumber the positive error number that the kernel gave
     */
    public KernelException(String operation, int errnoNumber) {
        this(describe(operation, errnoNumber), Errno.ofNumber(errnoNumber));
    }

    /** A refusal that another program met in this one's place, and told in these words. */
    public static KernelException told(String description) {
        return new KernelException(description, Errno.OTHER);
    }

    private KernelException(String description, Errno errno) {
        super(description);
        this.description = description;
        this.errno = errno;
    }

    private static String describe(String operation, int errnoNumber) {
        Errno errno = Errno.ofNumber(errnoNumber);
        return operation + ": " + errno.text() + " (errno " + errnoNumber + ")";
    }

    /** The operation, its object and the reason; never null. */
    @Override
    public String getMessage() {
        return description;
    }

    public Errno errno() {
        return errno;
    }
}
