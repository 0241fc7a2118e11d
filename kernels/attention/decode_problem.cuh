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

/* Keys of a run: few enough that one text of a few hundred positions keeps many multiprocessors busy on tensor cores. */
constexpr int plain_run_keys = 256, tensor_run_keys = 128;
/* Threads that join runs: so many columns of the values at a time, and groups that share the runs. */
constexpr int join_columns = 128;
template <bool BASE2>
constexpr int join_groups = BASE2 ? 4 : 1;

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

/* Block (head, text): joins the runs that hold keys, many of which tensor cores leave behind, and plain arithmetic few. */
template <class T, bool BASE2>
__global__ void __launch_bounds__(join_columns *join_groups<BASE2>) decode_join(const DecodeProblem problem) {
  constexpr int run_keys = BASE2 ? tensor_run_keys : plain_run_keys, GROUPS = join_groups<BASE2>;
  __shared__ float parts[GROUPS][join_columns];
  let_next_start();
  wait_for_previous();
  const int64_t text = blockIdx.y, head = blockIdx.x;
  const int position = problem.positions[text];
  if (position < 0) return;
  const int from = problem.scoring.first_key(position) / run_keys, to = position / run_keys;
  const int lane = threadIdx.x % 32, column = threadIdx.x % join_columns, group = threadIdx.x / join_columns;
  const float *marks = problem.marks + (text * problem.heads + head) * problem.runs * 2;
  const float *mixed = problem.mixed + (text * problem.heads + head) * problem.runs * problem.v_dim;
  T *out = static_cast<T *>(problem.out) + text * problem.out_stride + head * problem.v_dim;
  const auto weight_of = [](float distance) { return BASE2 ? exp2f(distance) : expf(distance); };
  float highest = -INFINITY, sum = 0.f;
  for (int run = from + lane; run <= to; run += 32) highest = fmaxf(highest, marks[2 * run]);
  highest = warp_max(highest);
  const auto add = [&](int run) { sum = fmaf(weight_of(marks[2 * run] - highest), marks[2 * run + 1], sum); };
  if constexpr (BASE2) {
    for (int run = from + lane; run <= to; run += 32) add(run);
    sum = warp_sum(sum);
  } else {
    for (int run = from; run <= to; run += 1) add(run);
  }
  for (int first = 0; first < problem.v_dim; first += join_columns) {
    const int d = first + column;
    float value = 0.f;
    if (d < problem.v_dim) {
#pragma unroll 4
      for (int run = from + group; run <= to; run += GROUPS) {
        value = fmaf(weight_of(marks[2 * run] - highest), mixed[int64_t(run) * problem.v_dim + d], value);
      }
    }
    parts[group][column] = value;
    __syncthreads();
    if (group == 0 && d < problem.v_dim) {
#pragma unroll
      for (int other = 1; other < GROUPS; other += 1) value += parts[other][column];
      out[d] = from_float<T>(value / sum);
    }
    __syncthreads();
  }
}

template <class T, bool BASE2>
int launch_join(const bl_context *ctx, const DecodeProblem &problem, int64_t B, cudaStream_t stream) {
  const dim3 grid(problem.heads, static_cast<unsigned>(B)), threads(join_columns * join_groups<BASE2>);
  return launch_early(ctx, "bl_attention_decode", decode_join<T, BASE2>, grid, threads, 0, stream, problem);
}

}  // namespace bl::attention

#endif
