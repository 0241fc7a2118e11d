/**
 * Raised when a change of kernels or of this engine changes numbers: it is part of the key of every stored result.
 * Changes that only make things faster or clearer leave it.
 */
export const KERNEL_VERSION = '1';
