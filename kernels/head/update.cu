/* Softmax statistics of rows over tiles of the vocabulary (Milakov and Gimelshein 2018, arXiv:1805.02867, algorithm 3);
   one read of the tile, the bound is the memory. */
#include "tile.cuh"

namespace {

struct Update {
  float *logits;
  int64_t stride;
  int width, first;
  bool aligned;
  bl::Adjustment adjust;
  float *highest;
  double *sum;
  int32_t *best;
};

__global__ void __launch_bounds__(bl::TILE_THREADS) update_kernel(const Update job) {
  using Running = bl::Running<false>;
  using Step = bl::Step<4>;
  __shared__ __align__(16) unsigned char shared[sizeof(Running) * bl::TILE_THREADS / 32];
  const int64_t row = blockIdx.x;
  float *tile = job.logits + row * job.stride;
  Running running;
  for (int start = 0; start < job.width; start += Step::stride()) {
    const Step step(tile, start, job.width, job.aligned, job.adjust, true);
    running.raise(step);
    const float base = running.base();
    float sum = 0;
#pragma unroll
    for (int i = 0; i < Step::SIZE; ++i) sum += __expf(step.logits[i] - base);
    running.sum += sum;
  }
  running.join(reinterpret_cast<Running *>(shared));
  if (threadIdx.x != 0) return;
  bl::Stored stored;
  if (job.first > 0) stored = {job.highest[row], job.sum[row], 0, job.best[row]};
  stored.add(running, job.first);
  job.highest[row] = static_cast<float>(stored.highest);
  job.sum[row] = stored.sum;
  job.best[row] = stored.best;
}

}  // namespace

BL_EXPORT int bl_head_update(bl_context *ctx, bl_ptr logits, int64_t stride, int64_t R, int64_t width, int64_t first,
                             bl_ptr bias, float soft_cap, bl_ptr highest, bl_ptr sum, bl_ptr best, bl_stream stream) {
  const char *op = "bl_head_update";
  BL_ENTER(ctx, op);
  BL_TRY(bl::check_tile(op, stride, R, width, first));
  if (R == 0) return BL_OK;
  const Update job = {bl::pointer_to<float>(logits), stride, static_cast<int>(width), static_cast<int>(first),
                      bl::is_aligned<float>(logits, stride), {bl::pointer_to<float>(bias), soft_cap},
                      bl::pointer_to<float>(highest), bl::pointer_to<double>(sum), bl::pointer_to<int32_t>(best)};
  update_kernel<<<static_cast<unsigned>(R), bl::tile_threads(width), 0, bl::stream_of(stream)>>>(job);
  return bl::launched(op);
}
