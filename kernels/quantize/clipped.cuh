/*
 * Groups that are clamped before they are rounded: a few lanes share a group, agree on its range and then visit its weights
 * once more. Bound: the second visit finds the weights in the nearest cache, so memory is read once; the quotient of weight
 * and scale is formed in float32 and only near a half again in float64, as in groups.cuh.
 */
#ifndef BITLOSS_QUANTIZE_CLIPPED_CUH
#define BITLOSS_QUANTIZE_CLIPPED_CUH

#include "device.cuh"

namespace bl {
namespace quantize {

constexpr int CLIP_THREADS = 256;

template <class T>
struct ClipArguments {
  const T *weights;
  /* float64 [K], factors that weights are multiplied by first, or null. */
  const double *columns;
  /* Groups of all rows, and of one. */
  int64_t groups;
  int64_t row_groups;
  int64_t G;
  Rule rule;
  /* Lanes that share a group, a power of two up to 32. */
  int lanes;
};

/* One group as one of its lanes sees it. */
template <class T>
struct ClippedGroup {
  const T *weights;
  const double *factors;
  int64_t g;
  int lane;
  /* Lanes behind the last group repeat it, so that whole warps take part in every exchange. */
  bool is_spare;
  Grid grid;
  double low, high;
  float reciprocal;
  int zero, max_code;

  __device__ explicit ClippedGroup(const ClipArguments<T> &in) {
    const int64_t thread = blockIdx.x * static_cast<int64_t>(blockDim.x) + threadIdx.x;
    lane = threadIdx.x % in.lanes;
    is_spare = thread / in.lanes >= in.groups;
    g = is_spare ? in.groups - 1 : thread / in.lanes;
    weights = in.weights + g * in.G;
    factors = in.columns == nullptr ? nullptr : in.columns + g % in.row_groups * in.G;
  }

  __device__ __forceinline__ double at(int64_t i) const {
    const double weight = to_float(weights[i]);
    return factors == nullptr ? weight : static_cast<double>(static_cast<float>(times(weight, factors[i])));
  }

  /* Whole warps call it. */
  __device__ void fit(const ClipArguments<T> &in, double share) {
    Range range;
    for (int64_t i = lane; i < in.G; i += in.lanes) range.add(at(i));
    range.merge(in.lanes);
    const double bound = times(share, larger(fabs(range.low), fabs(range.high)));
    low = larger(range.low, -bound);
    high = smaller(range.high, bound);
    grid = grid_of(low, high, in.rule);
    if (!range.is_finite()) grid = Grid{NAN, 0};
    const bool is_usable = isfinite(grid.scale);
    reciprocal = is_usable ? static_cast<float>(1.0 / grid.scale) : 0.0f;
    zero = static_cast<int>(grid.zero);
    max_code = is_usable ? (1 << in.rule.bits) - 1 : 0;
  }

  __device__ __forceinline__ int code(double weight) const {
    const double clamped = clamp(weight, low, high);
    const float quotient = static_cast<float>(clamped) * reciprocal, nearest = rintf(quotient);
    // Below 4096 three roundings move the quotient by at most 8e-4.
    const bool sure = fabsf(fabsf(quotient - nearest) - 0.5f) > 1e-3f && fabsf(quotient) < 4096.0f;
    if (sure) return min(max(static_cast<int>(nearest) + zero, 0), max_code);
    return code_at(clamped / grid.scale, zero, max_code);
  }
};

template <class T, class Out>
__global__ void __launch_bounds__(CLIP_THREADS) rounding_losses(ClipArguments<T> in, double share, Out *out) {
  ClippedGroup<T> group(in);
  group.fit(in, share);
  if (group.is_spare) return;
  Out *to = out + group.g * in.G;
  for (int64_t i = group.lane; i < in.G; i += in.lanes) {
    const double steps = group.code(group.at(i)) - group.zero;
    double restored = times(group.grid.scale, steps);
    if (group.factors != nullptr) restored = times(restored, 1.0 / group.factors[i]);
    to[i] = from_float<Out>(static_cast<float>(minus(restored, to_float(group.weights[i]))));
  }
}

template <class T>
__global__ void __launch_bounds__(CLIP_THREADS)
    round_clipped(ClipArguments<T> in, const double *shares, uint8_t *codes, float *scales, int16_t *zeros) {
  ClippedGroup<T> group(in);
  group.fit(in, shares[group.g]);
  if (group.is_spare) return;
  if (group.lane == 0) {
    scales[group.g] = static_cast<float>(group.grid.scale);
    zeros[group.g] = static_cast<int16_t>(group.zero);
  }
  uint8_t *to = codes + group.g * in.G;
  for (int64_t i = group.lane; i < in.G; i += in.lanes) to[i] = static_cast<uint8_t>(group.code(group.at(i)));
}

}  // namespace quantize
}  // namespace bl

#endif
