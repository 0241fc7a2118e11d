/* Passes over codes in which each becomes the best one beside all others, as column loops; reference: reference_descent.h. */
#include "../common.cuh"
#include "../matmul/vendor.h"

namespace {

constexpr int THREADS = 256;
constexpr const char *START = "bl_descent_start", *STEP = "bl_descent_step";

__global__ void arrange(const double *hessian, int64_t K, double factor, double added, const int32_t *order,
                        const uint8_t *dead, double *all, double *upper) {
  const int64_t i = blockIdx.y, j = blockIdx.x * static_cast<int64_t>(THREADS) + threadIdx.x;
  if (j >= K) return;
  const int64_t row = order[i], column = order[j];
  const double seen = __dmul_rn(factor, hessian[row * K + column]);
  const double value = i != j ? seen : __dadd_rn(dead[row] != 0 ? 1.0 : seen, added);
  all[i * K + j] = value;
  upper[i * K + j] = j < i ? 0.0 : value;
}

/* restored is ŵ, or null where it is not asked for. */
__global__ void restore(const double *w, const uint8_t *codes, const float *scales, const int16_t *zeros, int64_t K,
                        double *errors, double *restored) {
  const int64_t n = blockIdx.y, k = blockIdx.x * static_cast<int64_t>(THREADS) + threadIdx.x;
  if (k >= K) return;
  const int64_t at = n * K + k;
  const double value = __dmul_rn(static_cast<double>(scales[n]), static_cast<double>(codes[at] - zeros[n]));
  errors[at] = value - w[at];
  if (restored != nullptr) restored[at] = value;
}

/* A row a block; the order of the sum is that of threads. */
__global__ void __launch_bounds__(THREADS) multiply_rows(const double *x, const double *y, int64_t K, double *sums) {
  __shared__ double parts[THREADS];
  const int64_t row = blockIdx.x * K;
  double sum = 0;
  for (int64_t k = threadIdx.x; k < K; k += THREADS) sum += x[row + k] * y[row + k];
  parts[threadIdx.x] = sum;
  __syncthreads();
  for (int half = THREADS / 2; half > 0; half /= 2) {
    if (threadIdx.x < half) parts[threadIdx.x] += parts[threadIdx.x + half];
    __syncthreads();
  }
  if (threadIdx.x == 0) sums[blockIdx.x] = parts[0];
}

dim3 blocks_of(int64_t rows, int64_t columns) {
  return dim3(static_cast<unsigned>(bl::divide_up(columns, THREADS)), static_cast<unsigned>(rows));
}

}  // namespace

BL_EXPORT int bl_descent_start(bl_context *ctx, bl_ptr hessian, int64_t K, double factor, double added, bl_ptr order,
                               bl_ptr dead, bl_ptr arranged, bl_ptr inverse, bl_stream stream) {
  BL_ENTER(ctx, START);
  BL_REQUIRE(K >= 1 && K < 65536, "%s: K = %lld", START, (long long)K);
  double *all = bl::pointer_to<double>(arranged), *out = bl::pointer_to<double>(inverse);
  arrange<<<blocks_of(K, K), THREADS, 0, bl::stream_of(stream)>>>(bl::pointer_to<const double>(hessian), K, factor, added,
                                                                  bl::pointer_to<const int32_t>(order),
                                                                  bl::pointer_to<const uint8_t>(dead), all, out);
  BL_TRY(bl::launched(START));
  return vendor_triangular_inverse(ctx, out, K, K, 1, stream);
}

BL_EXPORT int bl_descent_step(bl_context *ctx, bl_ptr w, bl_ptr codes, bl_ptr scales, bl_ptr zeros, bl_ptr arranged,
                              bl_ptr inverse, int64_t N, int64_t K, bl_ptr errors, bl_ptr slopes, bl_ptr next,
                              bl_ptr losses, bl_stream stream) {
  BL_ENTER(ctx, STEP);
  BL_REQUIRE(K >= 1 && N >= 0 && N < 65536, "%s: N = %lld, K = %lld", STEP, (long long)N, (long long)K);
  if (N == 0) return BL_OK;
  const cudaStream_t queue = bl::stream_of(stream);
  double *difference = bl::pointer_to<double>(errors), *products = bl::pointer_to<double>(slopes);
  double *out = bl::pointer_to<double>(next);
  restore<<<blocks_of(N, K), THREADS, 0, queue>>>(bl::pointer_to<const double>(w), bl::pointer_to<const uint8_t>(codes),
                                                  bl::pointer_to<const float>(scales),
                                                  bl::pointer_to<const int16_t>(zeros), K, difference, out);
  BL_TRY(bl::launched(STEP));
  const double *all = bl::pointer_to<const double>(arranged), *upper = bl::pointer_to<const double>(inverse);
  BL_TRY(vendor_gemm_f64(ctx, difference, K, all, K, 0, products, K, N, K, K, 1, 0, stream));
  multiply_rows<<<static_cast<unsigned>(N), THREADS, 0, queue>>>(difference, products, K, bl::pointer_to<double>(losses));
  BL_TRY(bl::launched(STEP));
  if (out == nullptr) return BL_OK;
  return vendor_gemm_f64(ctx, products, K, upper, K, 0, out, K, N, K, K, -1, 1, stream);
}
