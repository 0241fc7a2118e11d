/*
 * The inverse of the Cholesky factor of a large matrix, by halves. With A = L·Lᵀ and V = L⁻¹,
 *   L₁₁, V₁₁ from A₁₁;  L₂₁ = A₂₁·V₁₁ᵀ;  L₂₂, V₂₂ from A₂₂ − L₂₁·L₂₁ᵀ;  V₂₁ = −V₂₂·(L₂₁·V₁₁),
 * so that nearly all of the work is matrix products; cuSOLVER gets only the blocks on the diagonal, whose time is latency.
 * Products with a triangle go in panels that leave most of its zeros out.
 * Source: Golub & Van Loan, Matrix Computations, 4th edition, sections 3.1 and 4.2.
 */
#ifndef BITLOSS_QUANTIZE_TRIANGULAR_H
#define BITLOSS_QUANTIZE_TRIANGULAR_H

#include "../context/context.h"

/*
 * Lower triangles, float64 [K, K] row-major without gaps. inverse = L⁻¹, with zeros above its diagonal. a is used
 * up, but for L_ii on its diagonal. BL_NOT_POSITIVE where there is no factor. Waits for the result.
 */
int inverse_of_factor(bl_context *ctx, double *a, double *inverse, int64_t K, bl_stream stream);

#endif
