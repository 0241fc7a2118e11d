/*
 * Decoding: one query a text against keys in pages. Keys are split into runs of a fixed number of positions, each a block
 * that leaves a partial softmax behind; a second kernel joins the runs in order. Bound by reading keys and values once.
 * Source: Dao et al. 2023, "Flash-Decoding for long-context inference" (crfm.stanford.edu/2023/10/12/flashdecoding.html).
 */
#ifndef BITLOSS_ATTENTION_DECODE_PROBLEM_CUH
#define BITLOSS_ATTENTION_DECODE_PROBLEM_CUH

#include "../decode/launch.cuh"
#include "problem.cuh"

namespace bl::attention {

constexpr int run_keys = 256, join_threads = 128;

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
  /* [B, heads, runs, v_dim] weighted sums of values, and [B, heads, runs, 2] the highest score (to base e, or base 2 from
     tensor cores) and the sum of weights. */
  float *mixed, *marks;
};

/* Rows of the caches that hold `count` keys from position `start` on, by all threads of a block. */
__device__ __forceinline__ void find_rows(const DecodeProblem &problem, int64_t text, int start, int count, int *rows) {
  for (int i = threadIdx.x; i < count; i += blockDim.x) {
    const int key = start + i;
    const int page = problem.page_table[text * problem.max_pages + key / problem.page_size];
    rows[i] = page * problem.page_size + key % problem.page_size;
  }
}

/* Block (head, text): joins the runs that hold keys. */
template <class T, bool BASE2>
__global__ void __launch_bounds__(join_threads) decode_join(const DecodeProblem problem) {
  let_next_start();
  wait_for_previous();
  const int64_t text = blockIdx.y, head = blockIdx.x;
  const int position = problem.positions[text];
  if (position < 0) return;
  const int from = problem.scoring.first_key(position) / run_keys, to = position / run_keys;
  const float *marks = problem.marks + (text * problem.heads + head) * problem.runs * 2;
  const float *mixed = problem.mixed + (text * problem.heads + head) * problem.runs * problem.v_dim;
  T *out = static_cast<T *>(problem.out) + text * problem.out_stride + head * problem.v_dim;
  const auto weight_of = [](float distance) { return BASE2 ? exp2f(distance) : expf(distance); };
  float highest = -INFINITY, sum = 0.f;
  for (int run = from; run <= to; run += 1) highest = fmaxf(highest, marks[2 * run]);
  for (int run = from; run <= to; run += 1) sum = fmaf(weight_of(marks[2 * run] - highest), marks[2 * run + 1], sum);
  for (int d = threadIdx.x; d < problem.v_dim; d += join_threads) {
    float value = 0.f;
#pragma unroll 4
    for (int run = from; run <= to; run += 1) {
      value = fmaf(weight_of(marks[2 * run] - highest), mixed[int64_t(run) * problem.v_dim + d], value);
    }
    out[d] = from_float<T>(value / sum);
  }
}

template <class T, bool BASE2>
int launch_join(const bl_context *ctx, const DecodeProblem &problem, int64_t B, cudaStream_t stream) {
  const dim3 grid(problem.heads, static_cast<unsigned>(B)), threads(join_threads);
  return launch_early(ctx, "bl_attention_decode", decode_join<T, BASE2>, grid, threads, 0, stream, problem);
}

}  // namespace bl::attention

#endif
