/*
 * Round to nearest: the lanes of a group read its weights once, 16 bytes each, agree on the range and round what they hold.
 * Bound: memory, 2 bytes read and 1 written a weight of 16 bits. The quotient of weight and scale is formed in float32;
 * only where that lies within its error of a half is it formed again in float64, so that codes are those of float64.
 */
#ifndef BITLOSS_QUANTIZE_GROUPS_CUH
#define BITLOSS_QUANTIZE_GROUPS_CUH

#include "search.cuh"

namespace bl {
namespace quantize {

template <class T>
struct RoundArguments {
  const T *weights;
  /* Groups of all rows, and of one. */
  int64_t groups;
  int64_t row_groups;
  int64_t G;
  Rule rule;
  /* [K] or null. */
  const float *importance;
  /* Lanes that share a group, a power of two up to 32. */
  int lanes;
  uint8_t *codes;
  float *scales;
  int16_t *zeros;
};

template <class T, int WIDTH>
struct Piece {
  T values[WIDTH];
  /* WIDTH is 1, or as many as fit 16 bytes, with `from` a multiple of that. */
  __device__ __forceinline__ void load(const T *from) {
    if constexpr (WIDTH == 1) {
      values[0] = *from;
    } else {
      const Vector<T> vector = load_vector(from);
      for (int i = 0; i < WIDTH; ++i) values[i] = vector.values[i];
    }
  }
};

/* The code of a weight, as in float64. */
__device__ __forceinline__ int nearest_code(float weight, const Grid &grid, float reciprocal, int zero, int max_code) {
  const float quotient = weight * reciprocal, nearest = rintf(quotient);
  // Below 4096 two roundings move the quotient by at most 5e-4.
  const bool sure = fabsf(fabsf(quotient - nearest) - 0.5f) > 1e-3f && fabsf(quotient) < 4096.0f;
  if (sure) return min(max(static_cast<int>(nearest) + zero, 0), max_code);
  return code_at(static_cast<double>(weight) / grid.scale, zero, max_code);
}

template <class T, int WIDTH>
__device__ __forceinline__ void store_codes(uint8_t *to, const Piece<T, WIDTH> &piece, const Grid &grid,
                                            float reciprocal, int max_code) {
  const int zero = static_cast<int>(grid.zero);
  alignas(8) uint8_t codes[WIDTH];
#pragma unroll
  for (int i = 0; i < WIDTH; ++i) {
    codes[i] = static_cast<uint8_t>(nearest_code(to_float(piece.values[i]), grid, reciprocal, zero, max_code));
  }
  if constexpr (WIDTH == 8) *reinterpret_cast<uint2 *>(to) = *reinterpret_cast<uint2 *>(codes);
  else if constexpr (WIDTH == 4) *reinterpret_cast<uint32_t *>(to) = *reinterpret_cast<uint32_t *>(codes);
  else *to = codes[0];
}

template <class T, int WIDTH, bool MSE>
__global__ void __launch_bounds__(256) round_groups(RoundArguments<T> in) {
  const int64_t thread = blockIdx.x * static_cast<int64_t>(blockDim.x) + threadIdx.x;
  const int lane = threadIdx.x % in.lanes;
  // Lanes behind the last group repeat it, so that whole warps take part in every exchange.
  const bool is_spare = thread / in.lanes >= in.groups;
  const int64_t g = is_spare ? in.groups - 1 : thread / in.lanes;
  const T *weights = in.weights + g * in.G;
  const int64_t first = lane * WIDTH, stride = in.lanes * WIDTH;
  Piece<T, WIDTH> held;
  Range range;
  for (int64_t i = first; i < in.G; i += stride) {
    Piece<T, WIDTH> piece;
    piece.load(weights + i);
#pragma unroll
    for (int j = 0; j < WIDTH; ++j) range.add(to_float(piece.values[j]));
    if (i == first) held = piece;
  }
  range.merge(in.lanes);
  Grid grid{NAN, 0};
  if constexpr (MSE) {
    // Every lane goes along, groups with a weight that is not finite too: the search exchanges values.
    const float *importance = in.importance == nullptr ? nullptr : in.importance + g % in.row_groups * in.G;
    const auto weight = [weights](int i) { return static_cast<double>(to_float(weights[i])); };
    const auto factor = [importance](int i) { return importance == nullptr ? 1.0f : importance[i]; };
    grid = shrink(weight, factor, static_cast<int>(in.G), range.low, range.high, in.rule, lane, in.lanes);
  } else {
    grid = grid_of(range.low, range.high, in.rule);
  }
  if (!range.is_finite()) grid = Grid{NAN, 0};
  if (is_spare) return;
  if (lane == 0) {
    in.scales[g] = static_cast<float>(grid.scale);
    in.zeros[g] = static_cast<int16_t>(grid.zero);
  }
  const bool is_usable = isfinite(grid.scale);
  const float reciprocal = is_usable ? static_cast<float>(1.0 / grid.scale) : 0.0f;
  const int max_code = is_usable ? (1 << in.rule.bits) - 1 : 0;
  uint8_t *codes = in.codes + g * in.G;
  if (first < in.G) store_codes<T, WIDTH>(codes + first, held, grid, reciprocal, max_code);
  for (int64_t i = first + stride; i < in.G; i += stride) {
    Piece<T, WIDTH> piece;
    piece.load(weights + i);
    store_codes<T, WIDTH>(codes + i, piece, grid, reciprocal, max_code);
  }
}

template <class T, int WIDTH>
int launch_round(RoundArguments<T> in, cudaStream_t stream) {
  constexpr int threads = 256;
  in.lanes = 1;
  while (in.lanes < 32 && in.lanes * WIDTH < in.G) in.lanes *= 2;
  const int64_t blocks = divide_up(in.groups * in.lanes, threads);
  if (in.rule.mse) round_groups<T, WIDTH, true><<<blocks, threads, 0, stream>>>(in);
  else round_groups<T, WIDTH, false><<<blocks, threads, 0, stream>>>(in);
  return launched("bl_round_weights");
}

}  // namespace quantize
}  // namespace bl

#endif
