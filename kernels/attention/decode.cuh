/*
 * Decoding: one query a text against keys in pages. Keys are split into runs of a fixed number of positions, each a block
 * that leaves a partial softmax behind; a second kernel joins the runs in order. Heads that share keys share their loads.
 * Bound by reading keys and values once.
 * Source: Dao et al. 2023, "Flash-Decoding for long-context inference" (crfm.stanford.edu/2023/10/12/flashdecoding.html).
 */
#ifndef BITLOSS_ATTENTION_DECODE_CUH
#define BITLOSS_ATTENTION_DECODE_CUH

#include "problem.cuh"

namespace bl::attention {

constexpr int run_keys = 256, decode_warps = 4, decode_threads = 32 * decode_warps;
/* Keys that a lane has in flight. */
constexpr int decode_unroll = 4;

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
  /* [B, heads, runs, v_dim] weighted sums of values, and [B, heads, runs, 2] the highest score and the sum of weights. */
  float *mixed, *marks;
};

/* Lanes that share a vector of `chunks` chunks: a power of two, 32 at most. */
__device__ __forceinline__ int lanes_for(int chunks) {
  int lanes = 1;
  while (lanes < chunks && lanes < 32) lanes *= 2;
  return lanes;
}

/* E elements at once: 16 bytes, or one element. */
template <class T, int E>
__device__ __forceinline__ void load_elements(float (&to)[E], const T *from) {
  if constexpr (E == 1) {
    to[0] = to_float(from[0]);
  } else {
    const Vector<T> vector = load_vector_once(from);
#pragma unroll
    for (int i = 0; i < E; i += 1) to[i] = to_float(vector.values[i]);
  }
}

/* The scores of `count` keys for HEADS heads: scores[h][key]; q float32 [HEADS, dim] in shared memory. */
template <class T, int HEADS, int E, class Score>
__device__ __forceinline__ void score_run(const T *keys, int64_t width, const int *rows, int count, const float *q,
                                          int dim, Score &&store) {
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  const int chunks = dim / E, lanes = lanes_for(chunks), together = 32 / lanes, part = lane % lanes;
  const int step = together * decode_unroll;
  for (int start = warp * step; start < count; start += decode_warps * step) {
    float sums[decode_unroll][HEADS] = {};
    for (int chunk = part; chunk < chunks; chunk += lanes) {
      float parts[decode_unroll][E];
#pragma unroll
      for (int u = 0; u < decode_unroll; u += 1) {
        // Keys behind the last are read as the last, and not stored.
        const int key = min(start + u * together + lane / lanes, count - 1);
        load_elements<T, E>(parts[u], keys + rows[key] * width + chunk * E);
      }
#pragma unroll
      for (int h = 0; h < HEADS; h += 1) {
#pragma unroll
        for (int e = 0; e < E; e += 1) {
          const float value = q[h * dim + chunk * E + e];
#pragma unroll
          for (int u = 0; u < decode_unroll; u += 1) sums[u][h] = fmaf(value, parts[u][e], sums[u][h]);
        }
      }
    }
#pragma unroll
    for (int u = 0; u < decode_unroll; u += 1) {
      const int key = start + u * together + lane / lanes;
#pragma unroll
      for (int h = 0; h < HEADS; h += 1) {
        for (int distance = lanes / 2; distance > 0; distance /= 2) {
          sums[u][h] += __shfl_xor_sync(0xffffffffu, sums[u][h], distance);
        }
        if (part == 0 && key < count) store(h, key, sums[u][h]);
      }
    }
  }
}

/* mixed[h][d] = Σ weights[h][key] · value of key, for the keys of this warp; `to` is the warp's [HEADS, dim]. */
template <class T, int HEADS, int E>
__device__ __forceinline__ void mix_run(const T *values, int64_t width, const int *rows, int count,
                                        const float (*weights)[run_keys], int dim, float *to) {
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  const int chunks = dim / E, lanes = lanes_for(chunks), together = 32 / lanes, part = lane % lanes;
  const int step = together * decode_unroll;
  for (int first = 0; first < chunks; first += lanes) {
    const int chunk = min(first + part, chunks - 1);
    float sums[HEADS][E] = {};
    for (int start = warp * step; start < count; start += decode_warps * step) {
      float parts[decode_unroll][E];
#pragma unroll
      for (int u = 0; u < decode_unroll; u += 1) {
        const int key = min(start + u * together + lane / lanes, count - 1);
        load_elements<T, E>(parts[u], values + rows[key] * width + chunk * E);
      }
#pragma unroll
      for (int u = 0; u < decode_unroll; u += 1) {
        const int key = start + u * together + lane / lanes;
        if (key >= count) continue;
#pragma unroll
        for (int h = 0; h < HEADS; h += 1) {
#pragma unroll
          for (int e = 0; e < E; e += 1) sums[h][e] = fmaf(weights[h][key], parts[u][e], sums[h][e]);
        }
      }
    }
    __syncwarp();
#pragma unroll
    for (int h = 0; h < HEADS; h += 1) {
#pragma unroll
      for (int e = 0; e < E; e += 1) {
        for (int distance = lanes; distance < 32; distance *= 2) {
          sums[h][e] += __shfl_xor_sync(0xffffffffu, sums[h][e], distance);
        }
        if (lane < lanes && first + part < chunks) to[h * dim + chunk * E + e] = sums[h][e];
      }
    }
  }
}

/* Block (run, heads, text): HEADS heads of one key-value head. Shared memory: HEADS · (qk_dim + warps · v_dim) floats. */
template <class T, int HEADS, int E>
__global__ void __launch_bounds__(decode_threads) decode_run(const DecodeProblem problem) {
  __shared__ int rows[run_keys];
  __shared__ float weights[HEADS][run_keys];
  extern __shared__ float memory[];
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

  const int64_t k_width = int64_t(problem.kv_heads) * problem.qk_dim;
  const T *keys = static_cast<const T *>(problem.k) + int64_t(kv_head) * problem.qk_dim;
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

  const int64_t v_width = int64_t(problem.kv_heads) * problem.v_dim;
  const T *values = static_cast<const T *>(problem.v) + int64_t(kv_head) * problem.v_dim;
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

/* Block (head, text): joins the runs that hold keys. */
template <class T>
__global__ void __launch_bounds__(decode_threads) decode_join(const DecodeProblem problem) {
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
    for (int run = from; run <= to; run += 1) {
      value = fmaf(expf(marks[2 * run] - highest), mixed[int64_t(run) * problem.v_dim + d], value);
    }
    out[d] = from_float<T>(value / sum);
  }
}

}  // namespace bl::attention

#endif
