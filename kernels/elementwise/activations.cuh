/*
 * Activation functions of one float32 value. For results in 16 bits, the exponential and the reciprocal are those of the
 * hardware (relative error some 1e-6, against 5e-4 of a half); for float32 they are the precise ones.
 */
#ifndef BITLOSS_ELEMENTWISE_ACTIVATIONS_CUH
#define BITLOSS_ELEMENTWISE_ACTIVATIONS_CUH

#include <type_traits>

#include "../common.cuh"

namespace bl {

__device__ __forceinline__ float fast_reciprocal(float x) {
  float result;
  asm("rcp.approx.f32 %0, %1;" : "=f"(result) : "f"(x));
  return result;
}

/* 1 / (1 + e^−x). */
template <bool PRECISE>
__device__ __forceinline__ float sigmoid(float x) {
  return PRECISE ? 1.0f / (1.0f + expf(-x)) : fast_reciprocal(1.0f + __expf(-x));
}

/* Φ(x), the normal distribution. */
template <bool PRECISE>
__device__ __forceinline__ float normal(float x) {
  if constexpr (PRECISE) return (erff(x * 0.70710678118654752f) + 1.0f) * 0.5f;
  // Abramowitz and Stegun 1964, equation 7.1.26, for erfc; error 1.5e-7 at most, and no cancellation for negative x.
  const float z = fabsf(x) * 0.70710678118654752f, t = fast_reciprocal(1.0f + 0.3275911f * z);
  const float series = t * (0.254829592f + t * (-0.284496736f + t * (1.421413741f + t * (-1.453152027f + t * 1.061405429f))));
  const float tail = 0.5f * series * __expf(-z * z);
  return x < 0.0f ? tail : 1.0f - tail;
}

template <int ACTIVATION, bool PRECISE>
__device__ __forceinline__ float activate(float x) {
  if constexpr (ACTIVATION == BL_SILU) return x * sigmoid<PRECISE>(x);
  // Hendrycks and Gimpel 2016, arXiv:1606.08415, section 2: x · Φ(x).
  if constexpr (ACTIVATION == BL_GELU) return x * normal<PRECISE>(x);
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
