/*
 * Rung naive: a warp a query and head, one key a lane, online softmax over tiles of 32 keys (Milakov and Gimelshein 2018,
 * arXiv:1805.02867, algorithm 3). Any element type and any sizes; plain float32 arithmetic throughout. Bound by the
 * arithmetic units and by L1: every warp reads its keys for itself.
 */
#ifndef BITLOSS_ATTENTION_NAIVE_CUH
#define BITLOSS_ATTENTION_NAIVE_CUH

#include "problem.cuh"

namespace bl::attention {

constexpr int naive_warps = 8;

/* q·k over `dim` values: q float32 in shared memory, k of type T; 16-byte loads where `vectors` allows them. */
template <class T>
__device__ __forceinline__ float dot(const float *q, const T *k, int dim, bool vectors) {
  float sum = 0.f;
  if (vectors) {
    for (int d = 0; d < dim; d += lanes_of<T>) {
      const Vector<T> part = load_vector(k + d);
#pragma unroll
      for (int i = 0; i < lanes_of<T>; i += 1) sum = fmaf(q[d + i], to_float(part.values[i]), sum);
    }
  } else {
    for (int d = 0; d < dim; d += 1) sum = fmaf(q[d], to_float(k[d]), sum);
  }
  return sum;
}

/* Lane l holds values l, l + 32, … of the result; SLOTS of them. */
template <class T, int SLOTS>
__global__ void __launch_bounds__(naive_warps * 32) naive_kernel(const Problem problem, bool vectors) {
  extern __shared__ float queries[];
  const Tile tile = tile_at(problem, naive_warps, blockIdx.x);
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  if (!tile.has(warp)) return;
  const Segment &segment = tile.segment;
  const int query = tile.query_of(warp), head = tile.head_of(warp), position = segment.first_position + query;
  const int first = problem.scoring.first_key(position);
  const float slope = problem.scoring.slope_of(head);
  const int64_t row = segment.query_row + query;

  float *q = queries + warp * problem.qk_dim;
  const T *q_row = static_cast<const T *>(problem.q) + row * problem.q_stride + int64_t(head) * problem.qk_dim;
  for (int d = lane; d < problem.qk_dim; d += 32) q[d] = to_float(q_row[d]);
  __syncwarp();

  const T *keys = static_cast<const T *>(problem.k) + int64_t(tile.kv_head) * problem.qk_dim;
  const T *values = static_cast<const T *>(problem.v) + int64_t(tile.kv_head) * problem.v_dim;
  float highest = -INFINITY, sum = 0.f, result[SLOTS] = {};
  for (int start = first / 32 * 32; start <= position; start += 32) {
    const int key = start + lane;
    float score = -INFINITY;
    if (key >= first && key <= position) {
      const float product = dot(q, keys + segment.key_row(key) * problem.k_stride, problem.qk_dim, vectors);
      score = exact_score(problem.scoring, product, slope, key, position);
    }
    const float next = fmaxf(highest, warp_max(score));
    const float share = expf(score - next), correction = expf(highest - next);
    highest = next;
    sum = fmaf(sum, correction, warp_sum(share));
#pragma unroll
    for (int i = 0; i < SLOTS; i += 1) result[i] *= correction;
    for (int other = max(first, start); other <= min(position, start + 31); other += 1) {
      const float weight = __shfl_sync(0xffffffffu, share, other - start);
      const T *value = values + segment.key_row(other) * problem.v_stride;
#pragma unroll
      for (int i = 0; i < SLOTS; i += 1) {
        const int d = lane + 32 * i;
        if (d < problem.v_dim) result[i] = fmaf(weight, to_float(value[d]), result[i]);
      }
    }
  }

  T *out = static_cast<T *>(problem.out) + row * problem.out_stride + int64_t(head) * problem.v_dim;
#pragma unroll
  for (int i = 0; i < SLOTS; i += 1) {
    const int d = lane + 32 * i;
    if (d < problem.v_dim) out[d] = from_float<T>(result[i] / sum);
  }
}

inline bool naive_fits(int, const Problem &) { return true; }

inline int naive_launch(int dtype, const Problem &problem, cudaStream_t stream) {
  return with_dtype("bl_attention", dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    const bool vectors = is_aligned<T>(reinterpret_cast<bl_ptr>(problem.k), problem.k_stride) &&
                         problem.qk_dim % lanes_of<T> == 0;
    const auto kernel = problem.v_dim <= 128 ? naive_kernel<T, 4> : naive_kernel<T, most_v_dim / 32>;
    const size_t shared = sizeof(float) * naive_warps * problem.qk_dim;
    const auto blocks = static_cast<unsigned>(blocks_of(problem, naive_warps));
    kernel<<<blocks, naive_warps * 32, shared, stream>>>(problem, vectors);
    return launched("bl_attention");
  });
}

}  // namespace bl::attention

#endif
