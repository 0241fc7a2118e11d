/* Sums of Gram matrices, and the factor of the inverse Hessian that GPTQ works with. */
#include <math.h>

#include <algorithm>
#include <vector>

#include "../common.cuh"
#include "triangular.h"

namespace {

constexpr int THREADS = 256;
constexpr const char *FACTOR = "bl_factor";

__global__ void add_gram(double *hessian, const float *gram, int64_t count, int accumulate) {
  const int64_t i = blockIdx.x * static_cast<int64_t>(THREADS) + threadIdx.x;
  if (i < count) hessian[i] = (accumulate ? hessian[i] : 0.0) + static_cast<double>(gram[i]);
}

__global__ void take_diagonal(const double *matrix, int64_t K, double factor, double *out) {
  const int64_t i = blockIdx.x * static_cast<int64_t>(THREADS) + threadIdx.x;
  if (i < K) out[i] = factor * matrix[i * K + i];
}

/* Lower triangle, from the last step to the first: out[i][j] = factor · H[order[K − 1 − i]][order[K − 1 − j]]. */
__global__ void arrange(const double *hessian, int64_t K, double factor, double added, const int32_t *order,
                        const uint8_t *dead, double *out) {
  const int64_t i = blockIdx.y;
  const int64_t j = blockIdx.x * static_cast<int64_t>(THREADS) + threadIdx.x;
  if (j > i) return;
  const int64_t row = order[K - 1 - i], column = order[K - 1 - j];
  const double value = __dmul_rn(factor, hessian[row * K + column]);
  out[i * K + j] = i != j ? value : __dadd_rn(dead[row] != 0 ? 1.0 : value, added);
}

/* matrix[i][j] becomes matrix[K − 1 − i][K − 1 − j], which is its last element first. */
__global__ void turn_around(double *matrix, int64_t count) {
  const int64_t i = blockIdx.x * static_cast<int64_t>(THREADS) + threadIdx.x;
  if (i >= count / 2) return;
  const double value = matrix[i];
  matrix[i] = matrix[count - 1 - i];
  matrix[count - 1 - i] = value;
}

/* What the host decides from the diagonal alone. */
struct Preparation {
  std::vector<double> diagonal;
  std::vector<int32_t> order;
  std::vector<uint8_t> dead;
  double mean;
};

Preparation prepare(std::vector<double> diagonal, int act_order) {
  const size_t K = diagonal.size();
  Preparation made{std::move(diagonal), std::vector<int32_t>(K), std::vector<uint8_t>(K, 0), 0};
  double sum = 0;
  for (size_t i = 0; i < K; ++i) {
    made.order[i] = static_cast<int32_t>(i);
    if (made.diagonal[i] == 0) {
      made.dead[i] = 1;
      made.diagonal[i] = 1;
    }
    sum += made.diagonal[i];
  }
  made.mean = sum / static_cast<double>(K);
  if (act_order && std::isfinite(made.mean)) {
    std::stable_sort(made.order.begin(), made.order.end(),
                     [&made](int32_t a, int32_t b) { return made.diagonal[a] > made.diagonal[b]; });
  }
  return made;
}

int read_diagonal(const double *matrix, int64_t K, double factor, double *scratch, cudaStream_t stream,
                  std::vector<double> *out) {
  take_diagonal<<<bl::divide_up(K, THREADS), THREADS, 0, stream>>>(matrix, K, factor, scratch);
  BL_TRY(bl::launched(FACTOR));
  out->resize(K);
  BL_CUDA_TRY(FACTOR, cudaMemcpyAsync(out->data(), scratch, K * sizeof(double), cudaMemcpyDeviceToHost, stream));
  BL_CUDA_TRY(FACTOR, cudaStreamSynchronize(stream));
  return BL_OK;
}

/* A pivot must exceed K · 2^-52 of its diagonal entry, the size of the rounding errors in it. */
int check_pivots(const Preparation &made, const std::vector<double> &roots, double added) {
  const int64_t K = static_cast<int64_t>(roots.size());
  for (int64_t i = 0; i < K; ++i) {
    const double pivot = roots[i] * roots[i], entry = made.diagonal[made.order[K - 1 - i]] + added;
    if (pivot > static_cast<double>(K) * 0x1p-52 * entry && std::isfinite(pivot)) continue;
    return bl::fail(BL_NOT_POSITIVE, "bl_factor: pivot %lld of %lld is %g of a diagonal entry of %g, which is not clearly positive",
                    (long long)i, (long long)K, pivot, entry);
  }
  return BL_OK;
}

}  // namespace

BL_EXPORT int bl_hessian_add(bl_context *ctx, bl_ptr hessian, bl_ptr gram, int64_t K, int accumulate, bl_stream stream) {
  BL_ENTER(ctx, "bl_hessian_add");
  BL_REQUIRE(K >= 1, "bl_hessian_add: K = %lld", (long long)K);
  add_gram<<<bl::divide_up(K * K, THREADS), THREADS, 0, bl::stream_of(stream)>>>(
      bl::pointer_to<double>(hessian), bl::pointer_to<const float>(gram), K * K, accumulate);
  return bl::launched("bl_hessian_add");
}

BL_EXPORT int bl_factor(bl_context *ctx, bl_ptr hessian, int64_t K, double factor, double damping, int act_order,
                        bl_ptr order, bl_ptr dead, bl_ptr upper, bl_ptr scratch, double *mean, bl_stream stream) {
  BL_ENTER(ctx, FACTOR);
  BL_REQUIRE(K >= 1 && mean != nullptr, "bl_factor: K = %lld, and mean must not be null", (long long)K);
  const cudaStream_t queue = bl::stream_of(stream);
  const double *values = bl::pointer_to<const double>(hessian);
  double *lower = bl::pointer_to<double>(scratch), *out = bl::pointer_to<double>(upper);
  int32_t *steps = bl::pointer_to<int32_t>(order);
  uint8_t *marks = bl::pointer_to<uint8_t>(dead);
  std::vector<double> diagonal;
  BL_TRY(read_diagonal(values, K, factor, lower, queue, &diagonal));
  const Preparation made = prepare(std::move(diagonal), act_order);
  *mean = made.mean;
  BL_CUDA_TRY(FACTOR, cudaMemcpyAsync(steps, made.order.data(), K * sizeof(int32_t), cudaMemcpyHostToDevice, queue));
  BL_CUDA_TRY(FACTOR, cudaMemcpyAsync(marks, made.dead.data(), K, cudaMemcpyHostToDevice, queue));
  BL_CUDA_TRY(FACTOR, cudaStreamSynchronize(queue));
  if (!std::isfinite(made.mean)) return bl::fail(BL_NOT_POSITIVE, "bl_factor: the mean of the diagonal is %g", made.mean);
  const double added = damping * made.mean;
  const dim3 blocks(static_cast<unsigned>(bl::divide_up(K, THREADS)), static_cast<unsigned>(K));
  arrange<<<blocks, THREADS, 0, queue>>>(values, K, factor, added, steps, marks, lower);
  BL_TRY(bl::launched(FACTOR));
  BL_TRY(inverse_of_factor(ctx, lower, out, K, stream));
  turn_around<<<bl::divide_up(K * K / 2 + 1, THREADS), THREADS, 0, queue>>>(out, K * K);
  BL_TRY(bl::launched(FACTOR));
  // The first row beyond its first value is needed no more.
  std::vector<double> roots;
  BL_TRY(read_diagonal(lower, K, 1, lower + (K > 1 ? 1 : 0), queue, &roots));
  return check_pivots(made, roots, added);
}
