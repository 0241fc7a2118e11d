/* What is read off the statistics of rows: a few values each. */
#include "../common.cuh"

namespace {

constexpr int THREADS = 256;

__global__ void pick_kernel(const float *logits, int64_t stride, int64_t width, int64_t first, const int32_t *rows,
                            const int32_t *tokens, int64_t n, float *picked) {
  const int64_t i = static_cast<int64_t>(blockIdx.x) * THREADS + threadIdx.x;
  if (i >= n) return;
  const int64_t column = tokens[i] - first;
  if (column >= 0 && column < width) picked[i] = logits[rows[i] * stride + column];
}

__global__ void finish_kernel(const float *highest, const double *sum, const float *picked, const int32_t *rows, int64_t n,
                              double *out) {
  const int64_t i = static_cast<int64_t>(blockIdx.x) * THREADS + threadIdx.x;
  if (i >= n) return;
  const int32_t row = rows[i];
  out[i] = static_cast<double>(picked[i]) - highest[row] - log(sum[row]);
}

__global__ void divergence_kernel(const double *state, const int32_t *best, int64_t R, double *kl, uint8_t *same) {
  const int64_t row = static_cast<int64_t>(blockIdx.x) * THREADS + threadIdx.x;
  if (row >= R) return;
  const double *of = state + row * 5;
  // Differences of like with like: two equal distributions give exactly 0.
  const double value = of[2] / of[1] - ((of[0] - of[3]) + (log(of[1]) - log(of[4])));
  // Rounding can leave less than 0; a NaN stays.
  kl[row] = value < 0 ? 0 : value;
  same[row] = best[2 * row] == best[2 * row + 1];
}

unsigned blocks_for(int64_t n) { return static_cast<unsigned>(bl::divide_up(n, THREADS)); }

int check_count(const char *op, int64_t n) {
  BL_REQUIRE(n >= 0 && n < INT32_MAX, "%s: %lld entries; 0 to 2^31 − 2 are supported", op, (long long)n);
  return BL_OK;
}

}  // namespace

BL_EXPORT int bl_head_pick(bl_context *ctx, bl_ptr logits, int64_t stride, int64_t width, int64_t first, bl_ptr rows,
                           bl_ptr tokens, int64_t n, bl_ptr picked, bl_stream stream) {
  const char *op = "bl_head_pick";
  BL_ENTER(ctx, op);
  BL_TRY(check_count(op, n));
  if (n == 0) return BL_OK;
  pick_kernel<<<blocks_for(n), THREADS, 0, bl::stream_of(stream)>>>(bl::pointer_to<float>(logits), stride, width, first,
                                                                    bl::pointer_to<int32_t>(rows),
                                                                    bl::pointer_to<int32_t>(tokens), n,
                                                                    bl::pointer_to<float>(picked));
  return bl::launched(op);
}

BL_EXPORT int bl_head_finish(bl_context *ctx, bl_ptr highest, bl_ptr sum, bl_ptr picked, bl_ptr rows, int64_t n, bl_ptr out,
                             bl_stream stream) {
  const char *op = "bl_head_finish";
  BL_ENTER(ctx, op);
  BL_TRY(check_count(op, n));
  if (n == 0) return BL_OK;
  finish_kernel<<<blocks_for(n), THREADS, 0, bl::stream_of(stream)>>>(bl::pointer_to<float>(highest),
                                                                      bl::pointer_to<double>(sum),
                                                                      bl::pointer_to<float>(picked),
                                                                      bl::pointer_to<int32_t>(rows), n,
                                                                      bl::pointer_to<double>(out));
  return bl::launched(op);
}

BL_EXPORT int bl_divergence_finish(bl_context *ctx, bl_ptr state, bl_ptr best, int64_t R, bl_ptr kl, bl_ptr same,
                                   bl_stream stream) {
  const char *op = "bl_divergence_finish";
  BL_ENTER(ctx, op);
  BL_TRY(check_count(op, R));
  if (R == 0) return BL_OK;
  divergence_kernel<<<blocks_for(R), THREADS, 0, bl::stream_of(stream)>>>(bl::pointer_to<double>(state),
                                                                          bl::pointer_to<int32_t>(best), R,
                                                                          bl::pointer_to<double>(kl),
                                                                          bl::pointer_to<uint8_t>(same));
  return bl::launched(op);
}
