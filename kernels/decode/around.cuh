/* What stands between the linear layers of a decode step: one small kernel each, started early. */
#ifndef BITLOSS_DECODE_AROUND_CUH
#define BITLOSS_DECODE_AROUND_CUH

#include "launch.cuh"

namespace bl {

constexpr int NORM_THREADS = 512;

/* One block a text; bias may be null. */
template <class T>
__global__ void __launch_bounds__(NORM_THREADS)
    norm_rows(const float *x, int64_t x_stride, T *out, int64_t out_stride, const float *weight, const float *bias,
              int is_layer, float eps, float offset, int64_t width) {
  __shared__ float shared[32];
  let_next_start();
  wait_for_previous();
  const float *row = x + blockIdx.x * x_stride;
  float mean = 0;
  if (is_layer) {
    float sum = 0;
    for (int64_t i = threadIdx.x; i < width; i += NORM_THREADS) sum += row[i];
    mean = block_sum(sum, shared) / width;
  }
  float squares = 0;
  for (int64_t i = threadIdx.x; i < width; i += NORM_THREADS) squares += (row[i] - mean) * (row[i] - mean);
  const float factor = rsqrtf(block_sum(squares, shared) / width + eps);
  for (int64_t i = threadIdx.x; i < width; i += NORM_THREADS) {
    float value = (row[i] - mean) * factor * (offset + weight[i]);
    if (bias != nullptr) value += bias[i];
    out[blockIdx.x * out_stride + i] = from_float<T>(value);
  }
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
