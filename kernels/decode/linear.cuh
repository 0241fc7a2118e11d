/* What the kernels of bl_decode_linear share: their parameters and what happens to a finished sum. */
#ifndef BITLOSS_DECODE_LINEAR_CUH
#define BITLOSS_DECODE_LINEAR_CUH

#include "launch.cuh"

namespace bl {

struct FewRows {
  const void *x;
  int64_t x_stride;
  const void *w;
  const float *bias;
  void *out;
  int64_t out_stride;
  int out_is_float;
  int B;
  /* Of one block; blockIdx.y counts groups of that many. */
  int texts;
  int64_t N, K;
  int accumulate;
  /* −1: none. */
  int activation;
  int gated;
};

/* What is left of the work for the texts of this block. */
template <class T>
__device__ __forceinline__ FewRows own_texts(FewRows p) {
  const int64_t first = static_cast<int64_t>(blockIdx.y) * p.texts;
  p.x = static_cast<const T *>(p.x) + first * p.x_stride;
  if (p.out_is_float) p.out = static_cast<float *>(p.out) + first * p.out_stride;
  else p.out = static_cast<T *>(p.out) + first * p.out_stride;
  p.B = static_cast<int>(min(static_cast<int64_t>(p.texts), p.B - first));
  return p;
}

__device__ __forceinline__ float activated(int activation, float x) {
  switch (activation) {
    case BL_SILU: return x / (1.0f + expf(-x));
    case BL_GELU: return 0.5f * x * (1.0f + erff(x * 0.70710678118654752f));
    case BL_GELU_TANH: return 0.5f * x * (1.0f + tanhf(0.79788456080286536f * (x + 0.044715f * x * x * x)));
    case BL_RELU: return fmaxf(x, 0.0f);
    default: return x;
  }
}

/* Feature `n` of text `b`: `sum` without bias; `up` likewise, read only where gated. */
template <class T>
__device__ __forceinline__ void finish(const FewRows &p, int b, int64_t n, float sum, float up) {
  if (p.bias != nullptr) {
    sum += p.bias[n];
    if (p.gated) up += p.bias[p.N + n];
  }
  float value = activated(p.activation, sum);
  if (p.gated) value *= up;
  const int64_t at = b * p.out_stride + n;
  if (p.out_is_float) {
    float *out = static_cast<float *>(p.out);
    out[at] = p.accumulate ? out[at] + value : value;
  } else {
    T *out = static_cast<T *>(p.out);
    out[at] = from_float<T>(p.accumulate ? to_float(out[at]) + value : value);
  }
}

}  // namespace bl

#endif
