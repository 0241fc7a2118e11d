/*
 * Decoding with plain float32 arithmetic, for float32 and for sizes that the tensor cores do not take. Heads that share
 * keys share their loads; each lane holds a part of a key, and sums over lanes make its scores.
 */
#ifndef BITLOSS_ATTENTION_DECODE_CUH
#define BITLOSS_ATTENTION_DECODE_CUH

#include "decode_problem.cuh"
#include "decode_run.cuh"

namespace bl::attention {

/* Block (run, heads, text): HEADS heads of one key-value head. Shared memory: HEADS · (qk_dim + warps · v_dim) float32. */
template <class T, int HEADS, int E>
__global__ void __launch_bounds__(decode_threads, HEADS <= 2 ? 4 : HEADS <= 4 ? 3 : 2)
    decode_run(const DecodeProblem problem) {
  __shared__ int rows[plain_run_keys];
  __shared__ float weights[HEADS][plain_run_keys];
  extern __shared__ __align__(16) float memory[];
  let_next_start();
  wait_for_previous();
  const int64_t text = blockIdx.z;
  const int run = blockIdx.x, position = problem.positions[text], start = run * plain_run_keys;
  const int first = problem.scoring.first_key(position);
  if (start > position || start + plain_run_keys <= first) return;
  const int blocks = (problem.group + HEADS - 1) / HEADS, kv_head = blockIdx.y / blocks;
  const int first_head = kv_head * problem.group + blockIdx.y % blocks * HEADS;
  const int present = min(HEADS, (kv_head + 1) * problem.group - first_head);
  const int count = min(plain_run_keys, position + 1 - start);
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  float *q = memory, *mixed = memory + HEADS * problem.qk_dim;

  find_rows(problem, text, start, count, rows);
  const T *queries = static_cast<const T *>(problem.q) + text * problem.q_stride + int64_t(first_head) * problem.qk_dim;
  for (int i = threadIdx.x; i < HEADS * problem.qk_dim; i += decode_threads) {
    q[i] = i < present * problem.qk_dim ? to_float(queries[i]) : 0.f;
  }
  __syncthreads();

  const T *const keys = static_cast<const T *>(problem.k) + int64_t(kv_head) * problem.qk_dim;
  const T *const values = static_cast<const T *>(problem.v) + int64_t(kv_head) * problem.v_dim;
  const int64_t k_width = int64_t(problem.kv_heads) * problem.qk_dim, v_width = int64_t(problem.kv_heads) * problem.v_dim;
  score_run<T, HEADS, E>(keys, k_width, rows, count, q, problem.qk_dim, [&](int h, int i, float product) {
    const int key = start + i;
    const float slope = h < present ? problem.scoring.slope_of(first_head + h) : 0.f;
    weights[h][i] = key < first ? -INFINITY : exact_score(problem.scoring, product, slope, key, position);
  });
  __syncthreads();

  for (int h = warp; h < HEADS; h += decode_warps) {
    float highest = -INFINITY, sum = 0.f;
    for (int i = lane; i < count; i += 32) highest = fmaxf(highest, weights[h][i]);
    highest = warp_max(highest);
    for (int i = lane; i < count; i += 32) {
      weights[h][i] = expf(weights[h][i] - highest);
      sum += weights[h][i];
    }
    sum = warp_sum(sum);
    if (lane == 0 && h < present) {
      float *marks = problem.marks + ((text * problem.heads + first_head + h) * problem.runs + run) * 2;
      marks[0] = highest;
      marks[1] = sum;
    }
  }
  __syncthreads();
  mix_run<T, HEADS, E>(values, v_width, rows, count, weights, problem.v_dim, mixed + warp * HEADS * problem.v_dim);
  __syncthreads();
  for (int i = threadIdx.x; i < present * problem.v_dim; i += decode_threads) {
    float sum = 0.f;
#pragma unroll
    for (int w = 0; w < decode_warps; w += 1) sum += mixed[w * HEADS * problem.v_dim + i];
    const int64_t head = first_head + i / problem.v_dim;
    problem.mixed[((text * problem.heads + head) * problem.runs + run) * problem.v_dim + i % problem.v_dim] = sum;
  }
}

}  // namespace bl::attention

#endif
