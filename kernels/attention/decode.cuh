/*
 * Decoding: one query a text against keys in pages. Keys are split into runs of a fixed number of positions, each a block
 * that leaves a partial softmax behind; a second kernel joins the runs in order. Heads that share keys share their loads.
 * Bound by reading keys and values once.
 * Source: Dao et al. 2023, "Flash-Decoding for long-context inference" (crfm.stanford.edu/2023/10/12/flashdecoding.html).
 */
#ifndef BITLOSS_ATTENTION_DECODE_CUH
#define BITLOSS_ATTENTION_DECODE_CUH

#include "decode_run.cuh"
#include "../decode/launch.cuh"
#include "problem.cuh"

namespace bl::attention {

/* What a block copies to shared memory before it needs it. */
enum Fetched { nothing = 0, only_values = 1, keys_and_values = 2 };

struct DecodeProblem {
  const void *q, *k, *v;
  void *out;
  int64_t q_stride, out_stride;
  int heads, kv_heads, group, qk_dim, v_dim;
  Scoring scoring;
  const int *page_table;
  int64_t max_pages;
  int page_size;
  const int *positions;
  int runs;
  Fetched fetched;
  /* [B, heads, runs, v_dim] weighted sums of values, and [B, heads, runs, 2] the highest score and the sum of weights. */
  float *mixed, *marks;
};

/* Block (run, heads, text): HEADS heads of one key-value head. Shared memory: HEADS · (qk_dim + warps · v_dim) float32, and
   what problem.fetched says of keys and values, which are copied as soon as their places are known. */
template <class T, int HEADS, int E>
__global__ void __launch_bounds__(decode_threads, HEADS <= 2 ? 4 : HEADS <= 4 ? 3 : 2)
    decode_run(const DecodeProblem problem) {
  __shared__ int rows[run_keys];
  __shared__ float weights[HEADS][run_keys];
  extern __shared__ __align__(16) float memory[];
  let_next_start();
  wait_for_previous();
  const int64_t text = blockIdx.z;
  const int run = blockIdx.x, position = problem.positions[text], start = run * run_keys;
  const int first = problem.scoring.first_key(position);
  if (start > position || start + run_keys <= first) return;
  const int blocks = (problem.group + HEADS - 1) / HEADS, kv_head = blockIdx.y / blocks;
  const int first_head = kv_head * problem.group + blockIdx.y % blocks * HEADS;
  const int present = min(HEADS, (kv_head + 1) * problem.group - first_head);
  const int count = min(run_keys, position + 1 - start);
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  float *q = memory, *mixed = memory + HEADS * problem.qk_dim;

  for (int i = threadIdx.x; i < count; i += decode_threads) {
    const int key = start + i;
    const int page = problem.page_table[text * problem.max_pages + key / problem.page_size];
    rows[i] = page * problem.page_size + key % problem.page_size;
  }
  const T *queries = static_cast<const T *>(problem.q) + text * problem.q_stride + int64_t(first_head) * problem.qk_dim;
  for (int i = threadIdx.x; i < HEADS * problem.qk_dim; i += decode_threads) {
    q[i] = i < present * problem.qk_dim ? to_float(queries[i]) : 0.f;
  }
  __syncthreads();

  const T *const keys = static_cast<const T *>(problem.k) + int64_t(kv_head) * problem.qk_dim;
  const T *const values = static_cast<const T *>(problem.v) + int64_t(kv_head) * problem.v_dim;
  const int64_t k_width = int64_t(problem.kv_heads) * problem.qk_dim, v_width = int64_t(problem.kv_heads) * problem.v_dim;
  T *const fetched_values = reinterpret_cast<T *>(mixed + decode_warps * HEADS * problem.v_dim);
  T *const fetched_keys = fetched_values + run_keys * problem.v_dim;
  if (problem.fetched >= keys_and_values) fetch_run(fetched_keys, keys, k_width, rows, count, problem.qk_dim);
  if (problem.fetched >= only_values) fetch_run(fetched_values, values, v_width, rows, count, problem.v_dim);
  if (problem.fetched >= keys_and_values) {
    copies_wait<1>();
    __syncthreads();
  }

  const auto key_at = [&](int i) -> const T * {
    return problem.fetched >= keys_and_values ? fetched_keys + i * problem.qk_dim : keys + rows[i] * k_width;
  };
  score_run<T, HEADS, E>(key_at, count, q, problem.qk_dim, [&](int h, int i, float product) {
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
  copies_wait<0>();
  __syncthreads();

  const auto value_at = [&](int i) -> const T * {
    return problem.fetched >= only_values ? fetched_values + i * problem.v_dim : values + rows[i] * v_width;
  };
  mix_run<T, HEADS, E>(value_at, count, weights, problem.v_dim, mixed + warp * HEADS * problem.v_dim);
  __syncthreads();
  for (int i = threadIdx.x; i < present * problem.v_dim; i += decode_threads) {
    float sum = 0.f;
#pragma unroll
    for (int w = 0; w < decode_warps; w += 1) sum += mixed[w * HEADS * problem.v_dim + i];
    const int64_t head = first_head + i / problem.v_dim;
    problem.mixed[((text * problem.heads + head) * problem.runs + run) * problem.v_dim + i % problem.v_dim] = sum;
  }
}

/* Block (head, text): joins the runs that hold keys. */
template <class T>
__global__ void __launch_bounds__(decode_threads) decode_join(const DecodeProblem problem) {
  let_next_start();
  wait_for_previous();
  const int64_t text = blockIdx.y, head = blockIdx.x;
  const int position = problem.positions[text];
  if (position < 0) return;
  const int from = problem.scoring.first_key(position) / run_keys, to = position / run_keys;
  const float *marks = problem.marks + (text * problem.heads + head) * problem.runs * 2;
  const float *mixed = problem.mixed + (text * problem.heads + head) * problem.runs * problem.v_dim;
  T *out = static_cast<T *>(problem.out) + text * problem.out_stride + head * problem.v_dim;
  float highest = -INFINITY, sum = 0.f;
  for (int run = from; run <= to; run += 1) highest = fmaxf(highest, marks[2 * run]);
  for (int run = from; run <= to; run += 1) sum = fmaf(expf(marks[2 * run] - highest), marks[2 * run + 1], sum);
  for (int d = threadIdx.x; d < problem.v_dim; d += decode_threads) {
    float value = 0.f;
#pragma unroll 4
    for (int run = from; run <= to; run += 1) {
      value = fmaf(expf(marks[2 * run] - highest), mixed[int64_t(run) * problem.v_dim + d], value);
    }
    out[d] = from_float<T>(value / sum);
  }
}

}  // namespace bl::attention

#endif
