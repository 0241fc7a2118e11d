/* SliM-LLM's column loop: for each group of columns a search of its grid, its codes, and the correction of the columns behind it. */
#include "../binary/grouped.cuh"
#include "../quantize/checks.h"
#include "fit.cuh"

namespace bl {
namespace mixed {
namespace {

struct Mixed {
  const uint8_t *bits;
  float *scales, *zeros;
  int64_t K, G;
  uint8_t *codes;

  struct Row {
    double scale, zero, reciprocal;
    int bits;
    uint8_t *codes;

    __device__ Row(const Mixed &of, int64_t n, int64_t start, int, int lane) {
      const int64_t groups = of.K / of.G, b = start / of.G, g = n * groups + b;
      codes = of.codes + n * of.K + start + lane;
      bits = of.bits[b];
      scale = of.scales[g];
      zero = of.zeros[g];
      reciprocal = 1.0 / scale;
    }

    __device__ __forceinline__ double round(int s, double weight, bool is_owner) {
      const int code = bits == 1 ? weight >= zero
                                 : quantize::code_at(quantize::divide(weight, scale, reciprocal), static_cast<int>(zero),
                                                     (1 << bits) - 1);
      if (is_owner) codes[32 * s] = static_cast<uint8_t>(code);
      if (bits == 1) return plus(zero, code ? scale : -scale);
      return times(scale, minus(quantize::double_of(code), zero));
    }
  };

  __device__ void fit(const double *weights, int64_t n, int64_t start, int lane) const {
    const int64_t b = start / G, g = n * (K / G) + b;
    const Grid grid = warp_fit(weights, G, bits[b], true, lane);
    if (lane != 0) return;
    scales[g] = static_cast<float>(grid.scale);
    zeros[g] = static_cast<float>(grid.zero);
  }
};

}  // namespace
}  // namespace mixed
}  // namespace bl

BL_EXPORT int bl_mixed_loop(bl_context *ctx, bl_ptr w, bl_ptr upper, bl_ptr bits, int64_t N, int64_t K, int64_t G, bl_ptr codes,
                            bl_ptr scales, bl_ptr zeros, bl_ptr losses, bl_ptr errors, bl_stream stream) {
  BL_ENTER(ctx, "bl_mixed_loop");
  BL_TRY(bl::quantize::check_groups("bl_mixed_loop", N, K, G));
  if (N == 0) return BL_OK;
  const bl::mixed::Mixed rounder{bl::pointer_to<const uint8_t>(bits), bl::pointer_to<float>(scales), bl::pointer_to<float>(zeros),
                                 K, G, bl::pointer_to<uint8_t>(codes)};
  double *weights = bl::pointer_to<double>(w);
  const bl::binary::Feedback in{weights, bl::pointer_to<const double>(upper), N, K, bl::pointer_to<double>(errors),
                                bl::pointer_to<double>(losses), 0, 0, true};
  return bl::binary::run_groups(ctx, "bl_mixed_loop", weights, in, rounder, stream);
}
