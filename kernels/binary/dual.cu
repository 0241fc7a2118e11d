/* DB-LLM: for each group of columns a fit of its levels and the column loop, the correction of the columns behind it; nothing waits. */
#include "../quantize/checks.h"
#include "dual.h"
#include "grouped.cuh"

using namespace bl::binary;

static constexpr int THREADS = 256;

namespace {

struct Dual {
  const double *importance;
  float *first, *second;
  int64_t K, G;
  uint8_t *codes;

  struct Row {
    double levels[4];
    uint8_t *codes;

    __device__ Row(const Dual &of, int64_t n, int64_t start, int, int lane) {
      codes = of.codes + n * of.K + start + lane;
      const int64_t g = n * (of.K / of.G) + start / of.G;
      const DualPair pair{of.first[g], of.second[g]};
      for (int code = 0; code < 4; ++code) levels[code] = dual_level(code, pair);
    }

    __device__ __forceinline__ double round(int s, double weight, bool is_owner) {
      double distance;
      const int code = dual_code(weight, levels, distance);
      if (is_owner) codes[32 * s] = static_cast<uint8_t>(code);
      // Chosen twice rather than indexed, so that levels stay in registers.
      const double low = code & 1 ? levels[1] : levels[0], high = code & 1 ? levels[3] : levels[2];
      return code >> 1 ? high : low;
    }
  };

  /* Bound: some 64 passes over the group, which lies in the nearest cache, of about 40 float64 instructions a weight. */
  __device__ void fit(const double *weights, int64_t n, int64_t start, int lane) const {
    const double *factors = importance + start;
    double absmax = 0, poison = 0;
    for (int64_t i = lane; i < G; i += 32) {
      absmax = bl::quantize::larger(absmax, fabs(weights[i]));
      poison = __fma_rn(weights[i], 0.0, poison);
    }
    absmax = bl::warp_max(absmax);
    poison = bl::warp_sum(poison);
    const DualPair best = fit_dual(absmax, [&](const double *levels) {
      DualSums sums{};
      for (int64_t i = lane; i < G; i += 32) add_dual(weights[i], factors[i], levels, sums);
      return DualSums{bl::warp_sum(sums.error), bl::warp_sum(sums.a11), bl::warp_sum(sums.a12),
                      bl::warp_sum(sums.a22),   bl::warp_sum(sums.c1),  bl::warp_sum(sums.c2)};
    });
    if (lane != 0) return;
    const int64_t g = n * (K / G) + start / G;
    first[g] = poison == 0 ? static_cast<float>(best.first) : NAN;
    second[g] = poison == 0 ? static_cast<float>(best.second) : NAN;
  }
};

template <class T>
__global__ void __launch_bounds__(THREADS) restore_dual(const uint8_t *codes, const float *first, const float *second,
                                                        int64_t count, int64_t G, T *out) {
  const int64_t i = blockIdx.x * static_cast<int64_t>(THREADS) + threadIdx.x;
  if (i >= count) return;
  const DualPair pair{first[i / G], second[i / G]};
  out[i] = bl::from_float<T>(static_cast<float>(dual_level(codes[i], pair)));
}

}  // namespace

BL_EXPORT int bl_dual_loop(bl_context *ctx, bl_ptr w, bl_ptr upper, bl_ptr importance, int64_t N, int64_t K, int64_t G,
                           bl_ptr codes, bl_ptr first, bl_ptr second, bl_ptr losses, bl_ptr errors, bl_stream stream) {
  BL_ENTER(ctx, "bl_dual_loop");
  BL_TRY(bl::quantize::check_groups("bl_dual_loop", N, K, G));
  if (N == 0) return BL_OK;
  const Dual rounder{bl::pointer_to<const double>(importance), bl::pointer_to<float>(first), bl::pointer_to<float>(second), K, G,
                     bl::pointer_to<uint8_t>(codes)};
  double *weights = bl::pointer_to<double>(w);
  const Feedback in{weights, bl::pointer_to<const double>(upper), N, K, bl::pointer_to<double>(errors),
                    bl::pointer_to<double>(losses), 0, 0, true};
  return run_groups(ctx, "bl_dual_loop", weights, in, rounder, stream);
}

BL_EXPORT int bl_restore_dual(bl_context *ctx, bl_ptr codes, bl_ptr first, bl_ptr second, int64_t N, int64_t K, int64_t G,
                              int dtype, bl_ptr out, bl_stream stream) {
  BL_ENTER(ctx, "bl_restore_dual");
  BL_TRY(bl::quantize::check_groups("bl_restore_dual", N, K, G));
  if (N == 0) return BL_OK;
  return bl::with_dtype("bl_restore_dual", dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    restore_dual<T><<<bl::divide_up(N * K, THREADS), THREADS, 0, bl::stream_of(stream)>>>(
        bl::pointer_to<const uint8_t>(codes), bl::pointer_to<const float>(first), bl::pointer_to<const float>(second), N * K, G,
        bl::pointer_to<T>(out));
    return bl::launched("bl_restore_dual");
  });
}
