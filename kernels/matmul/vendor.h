/*
 * What kernels/ takes from cuBLAS, cuBLASLt and cuSOLVER, without their headers. vendor.cu alone
 * includes those. Matrices are row-major, strides in elements; statuses as in bl.h.
 */
#ifndef BITLOSS_VENDOR_H
#define BITLOSS_VENDOR_H

#include "../bl.h"
#include "../context/context.h"

/* Handles of the libraries and 64 MiB of workspace; the context's device is current. */
int vendor_open(bl_context *ctx);
void vendor_close(bl_context *ctx);

/* bl_matmul for operands whose addresses and strides are multiples of 16 bytes. */
int vendor_matmul(bl_context *ctx, int dtype, const void *x, int64_t x_stride, const void *w, void *out, int out_dtype,
                  int64_t out_stride, int64_t M, int64_t N, int64_t K, int accumulate, bl_stream stream);

enum SlowKind { SLOW_MATMUL = 0, SLOW_GRAM = 1 };
/* Notes a product that a kernel of our own does, for bl_slow_products; N and K as the library would have seen them. */
void vendor_note_slow(bl_context *ctx, SlowKind kind, int dtype, int64_t N, int64_t K, bool is_aligned);

/* c[N, N2] float32 = beta · c + xᵀ·y for x [M, N] and y [M, N2] of type dtype. */
int vendor_gram_block(bl_context *ctx, int dtype, const void *x, const void *y, int64_t stride, int64_t M, int64_t N,
                      int64_t N2, float *c, int64_t c_stride, float beta, bl_stream stream);

/* ---- float64, for kernels/quantize --------------------------------------------------------------------------------- */

/*
 * Factors the symmetric a [K, K] in place; `stride` doubles from row to row. upper 0: a = L·Lᵀ, L in the lower triangle; upper 1: a = Uᵀ·U, U in the upper
 * one (of the row-major matrix). Only that triangle of a is read; the other keeps what was there. Waits for the result;
 * BL_NOT_POSITIVE where there is no factor, with the first failing order in the message.
 */
int vendor_cholesky(bl_context *ctx, double *a, int64_t stride, int64_t K, int upper, bl_stream stream);
/* The inverse of a matrix from its factor in the same triangle; that triangle of the inverse is written. Waits. */
int vendor_cholesky_inverse(bl_context *ctx, double *a, int64_t K, int upper, bl_stream stream);
/* Inverse of a triangular matrix in place, same triangle. Waits for the result. */
int vendor_triangular_inverse(bl_context *ctx, double *a, int64_t stride, int64_t K, int upper, bl_stream stream);
/* c[M, N] = alpha · a[M, K]·b + beta · c for b [K, N], or b [N, K] that is taken transposed. */
int vendor_gemm_f64(bl_context *ctx, const double *a, int64_t a_stride, const double *b, int64_t b_stride,
                    int transpose_b, double *c, int64_t c_stride, int64_t M, int64_t N, int64_t K, double alpha, double beta,
                    bl_stream stream);

#endif
