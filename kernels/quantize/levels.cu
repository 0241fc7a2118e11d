/* Codes of shared levels, grids with fractional zeros, and columns that are kept apart; reference: reference_levels.h. */
#include "checks.h"
#include "levels.cuh"

using namespace bl::quantize;

namespace {

constexpr int THREADS = 256;

inline unsigned blocks_for(int64_t items) { return static_cast<unsigned>(bl::divide_up(items, THREADS)); }

__device__ __forceinline__ int64_t item() { return blockIdx.x * static_cast<int64_t>(THREADS) + threadIdx.x; }

/* Some lanes share a group; each pass forms one power a weight in float64, which bounds it. */
template <class T>
__global__ void __launch_bounds__(THREADS) half_quadratic(const T *all, int64_t groups, int64_t G, int lanes, int bits,
                                                          uint8_t *codes, float *scales, float *zeros) {
  const int lane = threadIdx.x % lanes;
  const bool is_spare = item() / lanes >= groups;
  const int64_t g = is_spare ? groups - 1 : item() / lanes;
  const T *weights = all + g * G;
  const auto over_lanes = [lanes](double value, auto join) {
    for (int step = lanes / 2; step > 0; step /= 2) value = join(value, __shfl_xor_sync(0xffffffffu, value, step));
    return value;
  };
  const auto add = [](double a, double b) { return plus(a, b); };
  double low = HUGE_VAL, high = -HUGE_VAL, poison = 0;
  for (int64_t i = lane; i < G; i += lanes) {
    const double value = bl::to_float(weights[i]);
    low = smaller(low, value);
    high = larger(high, value);
    poison = plus(poison, times(value, 0.0));
  }
  low = over_lanes(low, smaller);
  high = over_lanes(high, larger);
  const bool is_finite = over_lanes(poison, add) == 0;
  const double max_code = (1 << bits) - 1;
  const Grid first = spanning_grid(low, high, max_code);
  const bool is_usable = is_finite && isfinite(first.scale);
  Grid grid{first.scale, signed_to_half(round_half_even(first.zero))}, best = grid;
  double least = HUGE_VAL, weight = FIRST_WEIGHT;
  // Groups without a grid go along: lanes of other groups wait for theirs.
  for (int step = -1; step <= SOLVER_STEPS; ++step) {
    double error = 0, sum = 0;
    for (int64_t i = lane; i < G; i += lanes) solver_terms(bl::to_float(weights[i]), grid, max_code, weight, error, sum);
    error = over_lanes(error, add);
    sum = over_lanes(sum, add);
    if (error < least) {
      least = error;
      best = grid;
    }
    if (step >= 0) weight /= KAPPA;
    if (step >= 0) grid.zero = signed_to_half(sum / static_cast<double>(G));
    else if (bits != 4) grid.zero = signed_to_half(first.zero);
  }
  if (is_spare) return;
  if (lane == 0) {
    scales[g] = is_usable ? static_cast<float>(best.scale) : NAN;
    zeros[g] = is_usable ? static_cast<float>(best.zero) : 0.0f;
  }
  for (int64_t i = lane; i < G; i += lanes) {
    const double code = is_usable ? code_from(bl::to_float(weights[i]), best, max_code) : 0;
    codes[g * G + i] = static_cast<uint8_t>(code);
  }
}

template <class T>
__global__ void dequantize_codebook(const uint8_t *codes, const float *levels, const float *scales, const float *zeros,
                                    const float *shifts, int64_t count, int64_t G, T *out) {
  const int64_t i = item();
  if (i >= count) return;
  const int64_t g = i / G;
  float level = levels == nullptr ? static_cast<float>(codes[i]) : levels[codes[i]];
  if (zeros != nullptr) level = plus(level, -zeros[g]);
  level = times(scales[g], level);
  out[i] = bl::from_float<T>(shifts == nullptr ? level : plus(level, shifts[g]));
}

/* One block a row. */
template <class T>
__global__ void weight_errors(const T *weights, const float *restored, int64_t K, double *sums) {
  __shared__ double shared[32];
  const int64_t start = blockIdx.x * K;
  double error = 0, square = 0;
  for (int64_t i = start + threadIdx.x; i < start + K; i += THREADS) {
    const double weight = bl::to_float(weights[i]), difference = weight - restored[i];
    error += difference * difference;
    square += weight * weight;
  }
  error = bl::block_sum(error, shared);
  square = bl::block_sum(square, shared);
  if (threadIdx.x == 0) {
    sums[2 * blockIdx.x] = error;
    sums[2 * blockIdx.x + 1] = square;
  }
}

template <class T, bool TAKE>
__global__ void move_columns(const T *from, const int32_t *columns, int64_t N, int64_t K, int64_t C, T *out) {
  const int64_t i = item();
  if (i >= N * C) return;
  const int64_t wide = i / C * K + columns[i % C];
  if constexpr (TAKE) out[i] = from[wide];
  else out[wide] = from[i];
}

template <bool TAKE>
int launch_columns(const char *op, int dtype, bl_ptr from, bl_ptr columns, int64_t N, int64_t K, int64_t C, bl_ptr out,
                   bl_stream stream) {
  BL_TRY(check_columns(op, N, K, C));
  if (N == 0 || C == 0) return BL_OK;
  return bl::with_dtype(op, dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    move_columns<T, TAKE><<<blocks_for(N * C), THREADS, 0, bl::stream_of(stream)>>>(
        bl::pointer_to<const T>(from), bl::pointer_to<const int32_t>(columns), N, K, C, bl::pointer_to<T>(out));
    return bl::launched(op);
  });
}

}  // namespace

BL_EXPORT int bl_round_levels(bl_context *ctx, int dtype, bl_ptr w, int64_t N, int64_t K, int64_t G, bl_ptr levels,
                              bl_ptr factors, int64_t F, bl_ptr costs, bl_ptr codes, bl_ptr absmax, bl_ptr shifts,
                              bl_stream stream) {
  BL_ENTER(ctx, "bl_round_levels");
  BL_TRY(check_levels("bl_round_levels", N, K, G, F));
  if (N == 0) return BL_OK;
  return bl::with_dtype("bl_round_levels", dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    LevelArguments<T> in{};
    in.weights = bl::pointer_to<const T>(w);
    in.groups = N * (K / G);
    in.G = G;
    in.levels = bl::pointer_to<const float>(levels);
    in.factors = bl::pointer_to<const float>(factors);
    in.F = F;
    in.costs = bl::pointer_to<const double>(costs);
    in.codes = bl::pointer_to<uint8_t>(codes);
    in.absmax = bl::pointer_to<float>(absmax);
    in.shifts = bl::pointer_to<float>(shifts);
    return launch_levels<T>(in, bl::stream_of(stream));
  });
}

BL_EXPORT int bl_half_quadratic(bl_context *ctx, int dtype, bl_ptr w, int64_t N, int64_t K, int64_t G, int bits,
                                bl_ptr codes, bl_ptr scales, bl_ptr zeros, bl_stream stream) {
  BL_ENTER(ctx, "bl_half_quadratic");
  BL_TRY(check_code_bits("bl_half_quadratic", N, K, G, bits));
  if (N == 0) return BL_OK;
  int lanes = 1;
  while (lanes < 32 && 2 * lanes < G) lanes *= 2;
  const int64_t groups = N * (K / G);
  return bl::with_dtype("bl_half_quadratic", dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    half_quadratic<T><<<blocks_for(groups * lanes), THREADS, 0, bl::stream_of(stream)>>>(
        bl::pointer_to<const T>(w), groups, G, lanes, bits, bl::pointer_to<uint8_t>(codes), bl::pointer_to<float>(scales),
        bl::pointer_to<float>(zeros));
    return bl::launched("bl_half_quadratic");
  });
}

BL_EXPORT int bl_dequantize_codebook(bl_context *ctx, bl_ptr codes, bl_ptr levels, bl_ptr scales, bl_ptr zeros,
                                     bl_ptr shifts, int64_t N, int64_t K, int64_t G, int dtype, bl_ptr out,
                                     bl_stream stream) {
  BL_ENTER(ctx, "bl_dequantize_codebook");
  BL_TRY(check_groups("bl_dequantize_codebook", N, K, G));
  if (N == 0) return BL_OK;
  return bl::with_dtype("bl_dequantize_codebook", dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    dequantize_codebook<T><<<blocks_for(N * K), THREADS, 0, bl::stream_of(stream)>>>(
        bl::pointer_to<const uint8_t>(codes), bl::pointer_to<const float>(levels), bl::pointer_to<const float>(scales),
        bl::pointer_to<const float>(zeros), bl::pointer_to<const float>(shifts), N * K, G, bl::pointer_to<T>(out));
    return bl::launched("bl_dequantize_codebook");
  });
}

BL_EXPORT int bl_weight_errors(bl_context *ctx, int dtype, bl_ptr w, bl_ptr restored, int64_t N, int64_t K, bl_ptr sums,
                               bl_stream stream) {
  BL_ENTER(ctx, "bl_weight_errors");
  BL_REQUIRE(N >= 0 && K >= 1, "bl_weight_errors: N = %lld, K = %lld", (long long)N, (long long)K);
  if (N == 0) return BL_OK;
  return bl::with_dtype("bl_weight_errors", dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    weight_errors<T><<<static_cast<unsigned>(N), THREADS, 0, bl::stream_of(stream)>>>(
        bl::pointer_to<const T>(w), bl::pointer_to<const float>(restored), K, bl::pointer_to<double>(sums));
    return bl::launched("bl_weight_errors");
  });
}

BL_EXPORT int bl_take_columns(bl_context *ctx, int dtype, bl_ptr w, bl_ptr columns, int64_t N, int64_t K, int64_t C,
                              bl_ptr out, bl_stream stream) {
  BL_ENTER(ctx, "bl_take_columns");
  return launch_columns<true>("bl_take_columns", dtype, w, columns, N, K, C, out, stream);
}

BL_EXPORT int bl_put_columns(bl_context *ctx, int dtype, bl_ptr from, bl_ptr columns, int64_t N, int64_t K, int64_t C,
                             bl_ptr out, bl_stream stream) {
  BL_ENTER(ctx, "bl_put_columns");
  return launch_columns<false>("bl_put_columns", dtype, from, columns, N, K, C, out, stream);
}
