/*
 * Kullback-Leibler divergence of two rows of logits over tiles of the vocabulary, as eval/engines/onnx/divergence.ts:
 * Σ p·(ln p − ln q) = Σ p·(logit of p − logit of q) − (ln Σ e^p − ln Σ e^q). One read of both tiles, the bound is the memory.
 */
#include "tile.cuh"

namespace {

struct Divergence {
  float *p, *q;
  int64_t stride;
  int width, first;
  bool aligned;
  bl::Adjustment adjust;
  double *state;
  int32_t *best;
};

__device__ __forceinline__ void add_tile(double *state, int32_t *best, bool is_new, int first, const bl::Running &p,
                                         const bl::Running &q, double difference) {
  bl::Stored old_p = {bl::NOTHING, 0, 0}, old_q = old_p;
  double old_difference = 0;
  if (!is_new) {
    old_p = {state[0], state[1], best[0]};
    old_q = {state[3], state[4], best[1]};
    old_difference = state[2];
  }
  const double2 factors = old_p.add(p, first);
  old_q.add(q, first);
  state[0] = old_p.highest;
  state[1] = old_p.sum;
  state[2] = old_difference * factors.x + difference * factors.y;
  state[3] = old_q.highest;
  state[4] = old_q.sum;
  best[0] = old_p.best;
  best[1] = old_q.best;
}

__global__ void __launch_bounds__(512) divergence_kernel(const Divergence job) {
  __shared__ double shared[32];
  const int64_t row = blockIdx.x;
  float *p_row = job.p + row * job.stride, *q_row = job.q + row * job.stride;
  bl::Running p, q;
  double difference = 0;
  for (int start = 0; start < job.width; start += bl::TILE_STEP * blockDim.x) {
    float p_logits[bl::TILE_STEP], q_logits[bl::TILE_STEP];
    bl::load_step(p_row, start, job.width, job.aligned, job.adjust, false, p_logits);
    bl::load_step(q_row, start, job.width, job.aligned, job.adjust, false, q_logits);
    const double factor = p.raise(p_logits, start);
    p.sum *= factor;
    difference *= factor;
    q.sum *= q.raise(q_logits, start);
    const float p_base = p.base(), q_base = q.base();
    float p_sum = 0, q_sum = 0, apart = 0;
#pragma unroll
    for (int i = 0; i < bl::TILE_STEP; ++i) {
      const float share = __expf(p_logits[i] - p_base);
      p_sum += share;
      q_sum += __expf(q_logits[i] - q_base);
      // What p excludes (−∞) adds nothing, whatever q says.
      if (share > 0) apart += share * (p_logits[i] - q_logits[i]);
    }
    p.sum += p_sum;
    q.sum += q_sum;
    difference += apart;
  }
  difference = bl::block_sum(difference * p.join(shared), shared);
  q.join(shared);
  if (threadIdx.x == 0) add_tile(job.state + row * 5, job.best + row * 2, job.first == 0, job.first, p, q, difference);
}

}  // namespace

BL_EXPORT int bl_divergence_update(bl_context *ctx, bl_ptr p, bl_ptr q, int64_t stride, int64_t R, int64_t width, int64_t first,
                                   bl_ptr bias, float soft_cap, bl_ptr state, bl_ptr best, bl_stream stream) {
  const char *op = "bl_divergence_update";
  BL_ENTER(ctx, op);
  BL_TRY(bl::check_tile(op, stride, R, width, first));
  if (R == 0) return BL_OK;
  const Divergence job = {bl::pointer_to<float>(p), bl::pointer_to<float>(q), stride, static_cast<int>(width),
                          static_cast<int>(first), bl::is_aligned<float>(p, stride) && bl::is_aligned<float>(q, stride),
                          {bl::pointer_to<float>(bias), soft_cap}, bl::pointer_to<double>(state), bl::pointer_to<int32_t>(best)};
  divergence_kernel<<<static_cast<unsigned>(R), bl::threads_for(width), 0, bl::stream_of(stream)>>>(job);
  return bl::launched(op);
}
