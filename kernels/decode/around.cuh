/* What stands between the linear layers of a decode step: one small kernel each, started early. */
#ifndef BITLOSS_DECODE_AROUND_CUH
#define BITLOSS_DECODE_AROUND_CUH

#include "launch.cuh"

namespace bl {

constexpr int NORM_THREADS = 512;
/* Values that a thread keeps: rows up to NORM_THREADS · NORM_KEPT are read once. */
constexpr int NORM_KEPT = 16;

struct Norm {
  const float *x;
  int64_t x_stride;
  void *out;
  int64_t out_stride;
  const float *weight, *bias;
  int is_layer;
  float eps, offset;
  int64_t width;
};

/* One block a text. The factors are read before the kernel waits for the row. Thread t has values t, t + NORM_THREADS … */
template <class T>
__global__ void __launch_bounds__(NORM_THREADS) norm_rows(Norm p) {
  __shared__ float shared[32];
  let_next_start();
  float factors[NORM_KEPT], values[NORM_KEPT];
#pragma unroll
  for (int i = 0; i < NORM_KEPT; ++i) {
    const int64_t at = threadIdx.x + i * NORM_THREADS;
    factors[i] = at < p.width ? p.offset + p.weight[at] : 0.0f;
  }
  wait_for_previous();
  const float *row = p.x + blockIdx.x * p.x_stride;
#pragma unroll
  for (int i = 0; i < NORM_KEPT; ++i) {
    const int64_t at = threadIdx.x + i * NORM_THREADS;
    values[i] = at < p.width ? row[at] : 0.0f;
  }
  const int64_t behind = threadIdx.x + NORM_KEPT * NORM_THREADS;
  float mean = 0;
  if (p.is_layer) {
    float sum = 0;
#pragma unroll
    for (int i = 0; i < NORM_KEPT; ++i) sum += values[i];
    for (int64_t at = behind; at < p.width; at += NORM_THREADS) sum += row[at];
    mean = block_sum(sum, shared) / p.width;
  }
  float squares = 0;
#pragma unroll
  for (int i = 0; i < NORM_KEPT; ++i) {
    const float distance = threadIdx.x + i * NORM_THREADS < p.width ? values[i] - mean : 0.0f;
    squares = fmaf(distance, distance, squares);
  }
  for (int64_t at = behind; at < p.width; at += NORM_THREADS) squares += (row[at] - mean) * (row[at] - mean);
  const float scale = rsqrtf(block_sum(squares, shared) / p.width + p.eps);
  T *out = static_cast<T *>(p.out) + blockIdx.x * p.out_stride;
  const auto store = [&](int64_t at, float value, float factor) {
    const float normed = (value - mean) * scale * factor;
    out[at] = from_float<T>(p.bias == nullptr ? normed : normed + p.bias[at]);
  };
#pragma unroll
  for (int i = 0; i < NORM_KEPT; ++i) {
    const int64_t at = threadIdx.x + i * NORM_THREADS;
    if (at < p.width) store(at, values[i], factors[i]);
  }
  for (int64_t at = behind; at < p.width; at += NORM_THREADS) store(at, row[at], p.offset + p.weight[at]);
}

struct Rotation {
  void *x;
  int64_t x_stride;
  int heads, kv_heads, qk_dim, v_dim;
  const float *cos, *sin;
  const int *rows;
  int half, interleaved;
  void *k_cache, *v_cache;
  const int *page_table;
  int64_t max_pages, page_size;
  const int *positions;
};

/* Block (head, text): heads of queries, then of keys, then of values. */
template <class T>
__global__ void rotate_heads(Rotation p) {
  let_next_start();
  wait_for_previous();
  const int head = blockIdx.x, text = blockIdx.y, position = p.positions[text];
  if (position < 0) return;
  const bool is_query = head < p.heads, is_value = head >= p.heads + p.kv_heads;
  const int values_before = is_value ? head - p.heads - p.kv_heads : 0;
  const int keys_before = head - values_before, dim = is_value ? p.v_dim : p.qk_dim;
  T *x = static_cast<T *>(p.x) + text * p.x_stride + static_cast<int64_t>(keys_before) * p.qk_dim +
         static_cast<int64_t>(values_before) * p.v_dim;
  T *out = x;
  if (!is_query && p.k_cache != nullptr) {
    const int64_t page = p.page_table[text * p.max_pages + position / p.page_size];
    const int64_t row = page * p.page_size + position % p.page_size;
    out = is_value ? static_cast<T *>(p.v_cache) + (row * p.kv_heads + values_before) * p.v_dim
                   : static_cast<T *>(p.k_cache) + (row * p.kv_heads + head - p.heads) * p.qk_dim;
  }
  const int turned = is_value ? 0 : p.half;
  if (turned > 0) {
    const int64_t row = static_cast<int64_t>(p.rows[text]) * p.half;
    for (int i = threadIdx.x; i < turned; i += blockDim.x) {
      const int low = p.interleaved ? 2 * i : i, high = p.interleaved ? 2 * i + 1 : i + p.half;
      const float a = to_float(x[low]), b = to_float(x[high]), c = p.cos[row + i], s = p.sin[row + i];
      out[low] = from_float<T>(a * c - b * s);
      out[high] = from_float<T>(b * c + a * s);
    }
  }
  if (out != x)
    for (int i = 2 * turned + threadIdx.x; i < dim; i += blockDim.x) out[i] = x[i];
}

/* One thread a text. */
static __global__ void advance_texts(const float *logits, int64_t stride, int *token, int *ids, int *positions, int *rows,
                                     int64_t row_tables, int64_t row_stride, int64_t B) {
  let_next_start();
  wait_for_previous();
  for (int64_t b = threadIdx.x; b < B; b += blockDim.x) {
    if (positions[b] < 0) continue;
    const int chosen = token[b];
    if (chosen < 0 || !isfinite(logits[b * stride + chosen])) {
      token[b] = -1;
      continue;
    }
    ids[b] = chosen;
    positions[b] += 1;
    for (int64_t table = 0; table < row_tables; ++table) rows[table * row_stride + b] += 1;
  }
}

}  // namespace bl

#endif
