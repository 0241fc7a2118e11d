/* What SliM-LLM's choice of bits is made of: salience of groups, errors of rounding, and the growth that a change of one brings. */
#include "../matmul/vendor.h"
#include "checks.h"
#include "fit.cuh"

using namespace bl::mixed;

static constexpr int THREADS = 256;
/* Parts that sums over rows, and over a group, are made of. */
static constexpr int PARTS = 16, GROWTH_PARTS = 256;

namespace {

/* A block a group. */
__global__ void __launch_bounds__(1024) group_salience(const double *w, const double *upper, int64_t N, int64_t K, int64_t G,
                                                       double *salience) {
  __shared__ double shared[32];
  const int64_t start = blockIdx.x * G;
  double sum = 0;
  for (int64_t i = threadIdx.x; i < N * G; i += blockDim.x) {
    const int64_t k = start + i % G;
    const double ratio = w[i / G * K + k] / upper[k * K + k];
    sum += times(ratio, ratio);
  }
  sum = bl::block_sum(sum, shared);
  if (threadIdx.x == 0) salience[blockIdx.x] = sum;
}

/* A warp a group of a row. */
__global__ void __launch_bounds__(THREADS) round_groups(const double *w, int64_t N, int64_t K, int64_t G, int64_t start,
                                                        int64_t columns, int bits, double *out) {
  const int64_t item = blockIdx.x * static_cast<int64_t>(THREADS / 32) + threadIdx.x / 32, each = columns / G;
  const int lane = threadIdx.x % 32;
  if (item >= N * each) return;
  const double *weights = w + item / each * K + start + item % each * G;
  const Grid grid = warp_fit(weights, G, bits, false, lane);
  const double max_code = static_cast<double>((1 << bits) - 1);
  for (int64_t i = lane; i < G; i += 32) {
    const double weight = weights[i];
    const double restored = bits == 1 ? plus(grid.zero, weight >= grid.zero ? grid.scale : -grid.scale)
                                      : times(grid.scale, minus(bl::quantize::code_of(weight, grid, max_code), grid.zero));
    out[item * G + i] = minus(weight, restored);
  }
}

/* parts[p, k]: sum of column k over the rows p, p + PARTS …; a thread a column. */
__global__ void __launch_bounds__(THREADS) sum_columns(const double *values, int64_t N, int64_t columns, double *parts) {
  const int64_t k = blockIdx.x * static_cast<int64_t>(THREADS) + threadIdx.x;
  if (k >= columns) return;
  double sum = 0;
#pragma unroll 4
  for (int64_t n = blockIdx.y; n < N; n += PARTS) sum += values[n * columns + k];
  parts[blockIdx.y * columns + k] = sum;
}

__global__ void __launch_bounds__(THREADS) subtract_means(double *values, int64_t N, int64_t columns, const double *parts) {
  const int64_t i = blockIdx.x * static_cast<int64_t>(THREADS) + threadIdx.x;
  if (i >= N * columns) return;
  double sum = 0;
  for (int p = 0; p < PARTS; ++p) sum += parts[p * columns + i % columns];
  values[i] -= sum / static_cast<double>(N);
}

/* Leaves the mean of old and new errors in the matrix, and their difference. */
__global__ void __launch_bounds__(THREADS) begin_change(double *errors, const double *next, int64_t N, int64_t K, int64_t G,
                                                        int64_t start, double *change) {
  const int64_t i = blockIdx.x * static_cast<int64_t>(THREADS) + threadIdx.x;
  if (i >= N * G) return;
  double *at = errors + i / G * K + start + i % G;
  change[i] = minus(next[i], *at);
  *at = times(plus(next[i], *at), 0.5);
}

/* Leaves the new errors in the matrix; parts [GROWTH_PARTS]. */
__global__ void __launch_bounds__(THREADS) finish_change(double *errors, const double *next, int64_t N, int64_t K, int64_t G,
                                                         int64_t start, const double *change, const double *product,
                                                         double *parts) {
  __shared__ double shared[32];
  double sum = 0;
  for (int64_t i = blockIdx.x * static_cast<int64_t>(THREADS) + threadIdx.x; i < N * G; i += GROWTH_PARTS * THREADS) {
    sum += product[i] * change[i];
    errors[i / G * K + start + i % G] = next[i];
  }
  sum = bl::block_sum(sum, shared);
  if (threadIdx.x == 0) parts[blockIdx.x] = sum;
}

__global__ void __launch_bounds__(GROWTH_PARTS) sum_parts(const double *parts, double *growth) {
  __shared__ double shared[32];
  const double sum = bl::block_sum(parts[threadIdx.x], shared);
  if (threadIdx.x == 0) *growth = sum;
}

}  // namespace

BL_EXPORT int bl_group_salience(bl_context *ctx, bl_ptr w, bl_ptr upper, int64_t N, int64_t K, int64_t G, bl_ptr salience,
                                bl_stream stream) {
  BL_ENTER(ctx, "bl_group_salience");
  BL_TRY(bl::quantize::check_groups("bl_group_salience", N, K, G));
  group_salience<<<static_cast<unsigned>(K / G), 1024, 0, bl::stream_of(stream)>>>(
      bl::pointer_to<const double>(w), bl::pointer_to<const double>(upper), N, K, G, bl::pointer_to<double>(salience));
  return bl::launched("bl_group_salience");
}

BL_EXPORT int bl_rounding_residuals(bl_context *ctx, bl_ptr w, int64_t N, int64_t K, int64_t G, int64_t start, int64_t columns,
                                    int bits, bl_ptr out, bl_ptr scratch, bl_stream stream) {
  BL_ENTER(ctx, "bl_rounding_residuals");
  BL_TRY(check_residuals("bl_rounding_residuals", N, K, G, start, columns, bits));
  if (N == 0) return BL_OK;
  const cudaStream_t on = bl::stream_of(stream);
  double *values = bl::pointer_to<double>(out), *parts = bl::pointer_to<double>(scratch);
  round_groups<<<bl::divide_up(N * (columns / G), THREADS / 32), THREADS, 0, on>>>(bl::pointer_to<const double>(w), N, K, G, start,
                                                                                 columns, bits, values);
  sum_columns<<<dim3(static_cast<unsigned>(bl::divide_up(columns, THREADS)), PARTS), THREADS, 0, on>>>(values, N, columns, parts);
  subtract_means<<<bl::divide_up(N * columns, THREADS), THREADS, 0, on>>>(values, N, columns, parts);
  return bl::launched("bl_rounding_residuals");
}

BL_EXPORT int bl_replace_group(bl_context *ctx, bl_ptr errors, bl_ptr next, bl_ptr hessian, double factor, int64_t N, int64_t K,
                               int64_t G, int64_t start, bl_ptr scratch, bl_ptr growth, bl_stream stream) {
  BL_ENTER(ctx, "bl_replace_group");
  BL_TRY(check_residuals("bl_replace_group", N, K, G, start, G, 2));
  if (N == 0) return BL_OK;
  const cudaStream_t on = bl::stream_of(stream);
  double *values = bl::pointer_to<double>(errors), *change = bl::pointer_to<double>(scratch);
  double *product = change + N * G, *parts = product + N * G;
  const double *own = bl::pointer_to<const double>(next);
  begin_change<<<bl::divide_up(N * G, THREADS), THREADS, 0, on>>>(values, own, N, K, G, start, change);
  BL_TRY(bl::launched("bl_replace_group"));
  BL_TRY(vendor_gemm_f64(ctx, values, K, bl::pointer_to<const double>(hessian) + start, K, 0, product, G, N, G, K, 2 * factor, 0,
                         stream));
  finish_change<<<GROWTH_PARTS, THREADS, 0, on>>>(values, own, N, K, G, start, change, product, parts);
  sum_parts<<<1, GROWTH_PARTS, 0, on>>>(parts, bl::pointer_to<double>(growth));
  return bl::launched("bl_replace_group");
}
