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

using Reference = bl::Running<true>;
using Other = bl::Running<false>;

__device__ __forceinline__ void add_tile(double *state, int32_t *best, int first, const Reference &p, const Other &q) {
  bl::Stored stored_p, stored_q;
  if (first > 0) {
    stored_p = {state[0], state[1], state[2], best[0]};
    stored_q = {state[3], state[4], 0, best[1]};
  }
  stored_p.add(p, first);
  stored_q.add(q, first);
  state[0] = stored_p.highest;
  state[1] = stored_p.sum;
  state[2] = stored_p.apart;
  state[3] = stored_q.highest;
  state[4] = stored_q.sum;
  best[0] = stored_p.best;
  best[1] = stored_q.best;
}

__global__ void __launch_bounds__(bl::TILE_THREADS) divergence_kernel(const Divergence job) {
  using Step = bl::Step<2>;
  constexpr int WARPS = bl::TILE_THREADS / 32;
  __shared__ __align__(16) unsigned char shared_p[sizeof(Reference) * WARPS], shared_q[sizeof(Other) * WARPS];
  const int64_t row = blockIdx.x;
  float *p_row = job.p + row * job.stride, *q_row = job.q + row * job.stride;
  Reference p;
  Other q;
  for (int start = 0; start < job.width; start += Step::stride()) {
    const Step p_step(p_row, start, job.width, job.aligned, job.adjust, false);
    const Step q_step(q_row, start, job.width, job.aligned, job.adjust, false);
    p.raise(p_step);
    q.raise(q_step);
    const float p_base = p.base(), q_base = q.base();
    float p_sum = 0, q_sum = 0, apart = 0;
#pragma unroll
    for (int i = 0; i < Step::SIZE; ++i) {
      const float share = __expf(p_step.logits[i] - p_base);
      p_sum += share;
      q_sum += __expf(q_step.logits[i] - q_base);
      // What p excludes (−∞) adds nothing, whatever q says.
      if (share > 0) apart += share * (p_step.logits[i] - q_step.logits[i]);
    }
    p.sum += p_sum;
    q.sum += q_sum;
    p.apart += apart;
  }
  p.join(reinterpret_cast<Reference *>(shared_p));
  q.join(reinterpret_cast<Other *>(shared_q));
  if (threadIdx.x == 0) add_tile(job.state + row * 5, job.best + row * 2, job.first, p, q);
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
  divergence_kernel<<<static_cast<unsigned>(R), bl::tile_threads(width), 0, bl::stream_of(stream)>>>(job);
  return bl::launched(op);
}
