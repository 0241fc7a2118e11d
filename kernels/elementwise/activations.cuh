/*
 * Activation functions of one float32 value. For results in 16 bits, the exponential and the reciprocal are those of the
 * hardware (relative error some 1e-6, against 5e-4 of a half); for float32 they are the precise ones.
 */
#ifndef BITLOSS_ELEMENTWISE_ACTIVATIONS_CUH
#define BITLOSS_ELEMENTWISE_ACTIVATIONS_CUH

#include <type_traits>

#include "../common.cuh"

namespace bl {

/* 1 / (1 + e^−x). */
template <bool PRECISE>
__device__ __forceinline__ float sigmoid(float x) {
  if constexpr (PRECISE) return 1.0f / (1.0f + expf(-x));
  float reciprocal;
  asm("rcp.approx.f32 %0, %1;" : "=f"(reciprocal) : "f"(1.0f + __expf(-x)));
  return reciprocal;
}

template <int ACTIVATION, bool PRECISE>
__device__ __forceinline__ float activate(float x) {
  if constexpr (ACTIVATION == BL_SILU) return x * sigmoid<PRECISE>(x);
  // Hendrycks and Gimpel 2016, arXiv:1606.08415, section 2: x · Φ(x).
  if constexpr (ACTIVATION == BL_GELU) return x * ((erff(x * 0.70710678118654752f) + 1.0f) * 0.5f);
  if constexpr (ACTIVATION == BL_GELU_TANH) {
    // The tanh form of the same section; (tanh z + 1) / 2 is the sigmoid of 2z.
    const float inner = (x + x * x * x * 0.044715f) * 0.79788456080286536f;
    return PRECISE ? x * ((tanhf(inner) + 1.0f) * 0.5f) : x * sigmoid<false>(2.0f * inner);
  }
  // Not fmaxf, which would hide a NaN.
  if constexpr (ACTIVATION == BL_RELU) return x < 0.0f ? 0.0f : x;
}

/* Calls body(std::integral_constant<int, activation>{}) and hands on its status. */
template <class Body>
int with_activation(const char *op, int activation, Body &&body) {
  switch (activation) {
    case BL_SILU: return body(std::integral_constant<int, BL_SILU>{});
    case BL_GELU: return body(std::integral_constant<int, BL_GELU>{});
    case BL_GELU_TANH: return body(std::integral_constant<int, BL_GELU_TANH>{});
    case BL_RELU: return body(std::integral_constant<int, BL_RELU>{});
    default: return fail(BL_BAD_SHAPE, "%s: activation %d is none of 0 (silu), 1 (gelu), 2 (gelu-tanh), 3 (relu)", op, activation);
  }
}

}  // namespace bl

#endif
