/* What moves rows between tokens and experts: bound by memory, 16 bytes a thread where rows allow it. */
#ifndef BITLOSS_EXPERTS_ROWS_CUH
#define BITLOSS_EXPERTS_ROWS_CUH


#include "../common.cuh"

namespace bl::experts {

constexpr int ROW_THREADS = 256;

/** out[r, :] = x[order[r] / k, :] in units of Unit; x_stride and width count units. One thread a unit. */
template <class Unit>
__global__ void __launch_bounds__(ROW_THREADS) gather_kernel(const Unit *x, int64_t x_stride, const int32_t *order,
                                                             int k, Unit *out, int64_t rows, int64_t width) {
  const int64_t column = blockIdx.x * static_cast<int64_t>(ROW_THREADS) + threadIdx.x;
  if (column >= width) return;
  for (int64_t row = blockIdx.y; row < rows; row += gridDim.y)
    out[row * width + column] = x[order[row] / k * x_stride + column];
}

/** VECTOR values of 16 bits (or 32) as one load. */
template <class Element, int VECTOR>
struct alignas(sizeof(Element) * VECTOR) Pack {
  Element values[VECTOR];
};

/** to[t, :] += Σ_j shares[t, j] · y[places[t, j], :], j ascending. One thread VECTOR columns of a token. */
template <class Element, int VECTOR>
__global__ void __launch_bounds__(ROW_THREADS) mix_kernel(const Element *y, const int32_t *places, const float *shares,
                                                          int k, float *to, int64_t to_stride, int64_t T,
                                                          int64_t width) {
  using Values = Pack<Element, VECTOR>;
  using Sums = Pack<float, VECTOR>;
  const int64_t column = (blockIdx.x * static_cast<int64_t>(ROW_THREADS) + threadIdx.x) * VECTOR;
  if (column >= width) return;
  for (int64_t t = blockIdx.y; t < T; t += gridDim.y) {
    float sums[VECTOR] = {};
    for (int j = 0; j < k; ++j) {
      const float share = shares[t * k + j];
      const Values values = *reinterpret_cast<const Values *>(y + places[t * k + j] * width + column);
#pragma unroll
      for (int i = 0; i < VECTOR; ++i) sums[i] = fmaf(share, to_float(values.values[i]), sums[i]);
    }
    Sums &target = *reinterpret_cast<Sums *>(to + t * to_stride + column);
    Sums total = target;
#pragma unroll
    for (int i = 0; i < VECTOR; ++i) total.values[i] += sums[i];
    target = total;
  }
}

/** to[t, :] += σ(gate[t]) · y[t, :]; gate null: factor 1. */
template <class Element, int VECTOR>
__global__ void __launch_bounds__(ROW_THREADS) add_gated_kernel(const Element *y, int64_t y_stride, const float *gate,
                                                                float *to, int64_t to_stride, int64_t T,
                                                                int64_t width) {
  using Values = Pack<Element, VECTOR>;
  using Sums = Pack<float, VECTOR>;
  const int64_t column = (blockIdx.x * static_cast<int64_t>(ROW_THREADS) + threadIdx.x) * VECTOR;
  if (column >= width) return;
  for (int64_t t = blockIdx.y; t < T; t += gridDim.y) {
    const float factor = gate == nullptr ? 1.0f : 1.0f / (1.0f + expf(-gate[t]));
    const Values values = *reinterpret_cast<const Values *>(y + t * y_stride + column);
    Sums &target = *reinterpret_cast<Sums *>(to + t * to_stride + column);
    Sums total = target;
#pragma unroll
    for (int i = 0; i < VECTOR; ++i) total.values[i] = fmaf(factor, to_float(values.values[i]), total.values[i]);
    target = total;
  }
}

}  // namespace bl::experts

#endif
