/*
 * Decoding on the tensor cores, float16 and bfloat16: the heads that share keys are the rows of a product, 16 at most.
 * The warps of a block split the keys of every tile among them, each with a softmax of its own; they are joined at the end
 * of the run. Several blocks a multiprocessor hide each other's loads.
 */
#ifndef BITLOSS_ATTENTION_DECODE_TENSOR_CORE_CUH
#define BITLOSS_ATTENTION_DECODE_TENSOR_CORE_CUH

#include "decode_problem.cuh"
#include "online_softmax.cuh"
#include "swizzled.cuh"

namespace bl::attention {

/*
 * Sizes for one pair of dimensions; results depend on `keys`. Shared memory stays below 48 KiB, so that a block finds room beside
 * those of the linear layers before and behind it, which overlap with it: with 70 KiB, attention of one text took 62 µs of each
 * layer of a decode step on an H100, and 10 µs by itself.
 */
template <int QK, int V>
struct DecodeTile {
  static constexpr int heads = 16, warps = QK <= 192 ? 4 : 2, threads = 32 * warps, keys = 16 * warps;
  static constexpr int stages = QK <= 64 ? 2 : 1;
  static constexpr unsigned query_bytes = heads * QK * 2, key_bytes = keys * QK * 2, value_bytes = keys * V * 2;
  static constexpr size_t shared = query_bytes + stages * (size_t(key_bytes) + value_bytes);
  static_assert(sizeof(float) * warps * heads * V <= stages * (size_t(key_bytes) + value_bytes), "results fit in tiles");
};

/* Block (run, heads, text). */
template <class T, int QK, int V>
__global__ void __launch_bounds__(DecodeTile<QK, V>::threads, QK <= 128 ? 3 : 2)
    decode_tensor_core(const DecodeProblem problem) {
  using Sizes = DecodeTile<QK, V>;
  constexpr int KEYS = Sizes::keys, STAGES = Sizes::stages, THREADS = Sizes::threads, HEADS = Sizes::heads;
  __shared__ int rows_of_keys[tensor_run_keys];
  __shared__ float marks[Sizes::warps][HEADS][2];
  extern __shared__ __align__(128) unsigned char memory[];
  let_next_start();
  wait_for_previous();
  const int64_t text = blockIdx.z;
  const int run = blockIdx.x, position = problem.positions[text], start = run * tensor_run_keys;
  const int first = problem.scoring.first_key(position);
  if (start > position || start + tensor_run_keys <= first) return;
  const int blocks = (problem.group + HEADS - 1) / HEADS, kv_head = blockIdx.y / blocks;
  const int first_head = kv_head * problem.group + blockIdx.y % blocks * HEADS;
  const int present = min(HEADS, (kv_head + 1) * problem.group - first_head);
  const int count = min(tensor_run_keys, position + 1 - start);
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  const unsigned queries_at = shared_address(memory), tiles_at = queries_at + Sizes::query_bytes;
  const unsigned tile_bytes = Sizes::key_bytes + Sizes::value_bytes;

  const T *const queries =
      static_cast<const T *>(problem.q) + text * problem.q_stride + int64_t(first_head) * problem.qk_dim;
  copy_rows<T, HEADS, QK, THREADS>(queries_at, problem.qk_dim, [&](int row) {
    return row < present ? queries + int64_t(row) * problem.qk_dim : nullptr;
  });
  find_rows(problem, text, start, count, rows_of_keys);
  __syncthreads();

  const int64_t k_width = int64_t(problem.kv_heads) * problem.qk_dim, v_width = int64_t(problem.kv_heads) * problem.v_dim;
  const T *const keys = static_cast<const T *>(problem.k) + int64_t(kv_head) * problem.qk_dim;
  const T *const values = static_cast<const T *>(problem.v) + int64_t(kv_head) * problem.v_dim;
  const int begin = max(first - start, 0) / KEYS, end = (count + KEYS - 1) / KEYS;
  const auto copy_tile = [&](int tile) {
    if (tile < end) {
      const unsigned to = tiles_at + tile % STAGES * tile_bytes;
      copy_rows<T, KEYS, QK, THREADS>(to, problem.qk_dim, [&](int row) {
        const int key = tile * KEYS + row;
        return key < count ? keys + rows_of_keys[key] * k_width : nullptr;
      });
      copy_rows<T, KEYS, V, THREADS>(to + Sizes::key_bytes, problem.v_dim, [&](int row) {
        const int key = tile * KEYS + row;
        return key < count ? values + rows_of_keys[key] * v_width : nullptr;
      });
    }
    copies_commit();
  };

  Row rows[2];
#pragma unroll
  for (int half = 0; half < 2; half += 1) {
    const int head = lane / 4 + 8 * half;
    rows[half].position = position;
    rows[half].first_key = first;
    rows[half].slope = head < present ? problem.scoring.slope_of(first_head + head) : 0.f;
  }
  const Base2 base = base2_of(problem.scoring);
  float sums[V / 8][4] = {};
  // Where values are wide, registers do not hold the queries too.
  constexpr bool QUERIES_STAY = QK > 192;
  unsigned q[QUERIES_STAY ? 1 : QK / 16][4];
  const auto load_query = [&](unsigned(&to)[4], int step) {
    load_matrices(to, queries_at + Swizzled<QK>::offset(lane % 16, 2 * step + lane / 16));
  };

#pragma unroll
  for (int i = 0; i < STAGES; i += 1) copy_tile(begin + i);
  for (int tile = begin; tile < end; tile += 1) {
    copies_wait<STAGES - 1>();
    __syncthreads();
    if (!QUERIES_STAY && tile == begin) {
#pragma unroll
      for (int step = 0; step < QK / 16; step += 1) load_query(q[QUERIES_STAY ? 0 : step], step);
    }
    const unsigned from = tiles_at + tile % STAGES * tile_bytes;
    float scores[2][4] = {}, corrections[2];
#pragma unroll
    for (int step = 0; step < QK / 16; step += 1) {
      unsigned k[4];
      load_matrices(k, from + Swizzled<QK>::offset(16 * warp + lane / 16 * 8 + lane % 8, 2 * step + lane / 8 % 2));
      unsigned(&query)[4] = q[QUERIES_STAY ? 0 : step];
      if (QUERIES_STAY) load_query(query, step);
      multiply_add<T>(scores[0], query, k[0], k[1]);
      multiply_add<T>(scores[1], query, k[2], k[3]);
    }
    soften(scores, rows, base, true, start + tile * KEYS + 16 * warp + lane % 4 * 2, corrections);
    // A factor of 1 changes nothing, and is what most tiles have.
    if (__any_sync(0xffffffffu, corrections[0] != 1.f || corrections[1] != 1.f)) {
#pragma unroll
      for (int n = 0; n < V / 8; n += 1) {
#pragma unroll
        for (int i = 0; i < 4; i += 1) sums[n][i] = __fmul_rn(sums[n][i], corrections[i / 2]);
      }
    }
    const unsigned weights[4] = {pack<T>(scores[0][0], scores[0][1]), pack<T>(scores[0][2], scores[0][3]),
                                 pack<T>(scores[1][0], scores[1][1]), pack<T>(scores[1][2], scores[1][3])};
#pragma unroll
    for (int pair = 0; pair < V / 16; pair += 1) {
      unsigned v[4];
      const unsigned at = Swizzled<V>::offset(16 * warp + lane % 16, 2 * pair + lane / 16);
      load_matrices_transposed(v, from + Sizes::key_bytes + at);
      multiply_add<T>(sums[2 * pair], weights, v[0], v[1]);
      multiply_add<T>(sums[2 * pair + 1], weights, v[2], v[3]);
    }
    // The stage is filled again once no warp reads it any more.
    if (tile + STAGES < end) __syncthreads();
    copy_tile(tile + STAGES);
  }

  // Joins the warps: [warp, head, V] in place of the tiles.
  copies_wait<0>();
  __syncthreads();
  float *const mixed = reinterpret_cast<float *>(memory + Sizes::query_bytes);
  const float factor = base.is_plain() ? base.factor : 1.f;
#pragma unroll
  for (int half = 0; half < 2; half += 1) {
    const int head = lane / 4 + 8 * half;
    const float sum = row_sum(rows[half]);
    if (lane % 4 == 0) marks[warp][head][0] = __fmul_rn(rows[half].highest, factor), marks[warp][head][1] = sum;
#pragma unroll
    for (int n = 0; n < V / 8; n += 1) {
      float2 *to = reinterpret_cast<float2 *>(mixed + (warp * HEADS + head) * V + 8 * n + lane % 4 * 2);
      *to = make_float2(sums[n][2 * half], sums[n][2 * half + 1]);
    }
  }
  __syncthreads();
  for (int i = threadIdx.x; i < present * problem.v_dim; i += THREADS) {
    const int head = i / problem.v_dim, d = i % problem.v_dim;
    float highest = -INFINITY, sum = 0.f, value = 0.f;
#pragma unroll
    for (int w = 0; w < Sizes::warps; w += 1) highest = fmaxf(highest, marks[w][head][0]);
#pragma unroll
    for (int w = 0; w < Sizes::warps; w += 1) {
      const float weight = exp2_fast(marks[w][head][0] - highest);
      sum = fmaf(weight, marks[w][head][1], sum);
      value = fmaf(weight, mixed[(w * HEADS + head) * V + d], value);
    }
    const int64_t at = (text * problem.heads + first_head + head) * problem.runs + run;
    problem.mixed[at * problem.v_dim + d] = value;
    if (d == 0) problem.marks[2 * at] = highest, problem.marks[2 * at + 1] = sum;
  }
}

template <class T, int QK, int V>
int launch_decode_tensor_core(const bl_context *ctx, const DecodeProblem &problem, int64_t B, cudaStream_t stream) {
  using Sizes = DecodeTile<QK, V>;
  const auto kernel = decode_tensor_core<T, QK, V>;
  BL_TRY(allow_shared("bl_attention_decode", kernel, Sizes::shared));
  const auto blocks = static_cast<unsigned>(problem.kv_heads * divide_up(problem.group, Sizes::heads));
  const dim3 grid(problem.runs, blocks, static_cast<unsigned>(B)), threads(Sizes::threads);
  BL_TRY(launch_early(ctx, "bl_attention_decode", kernel, grid, threads, Sizes::shared, stream, problem));
  return launch_join<T, true>(ctx, problem, B, stream);
}

/* The smallest tile that holds both dimensions. */
template <class T>
int launch_decode_tensor_core(const bl_context *ctx, const DecodeProblem &problem, int64_t B, cudaStream_t stream) {
  const int wider = problem.qk_dim > problem.v_dim ? problem.qk_dim : problem.v_dim;
  if (wider <= 64) return launch_decode_tensor_core<T, 64, 64>(ctx, problem, B, stream);
  if (wider <= 96) return launch_decode_tensor_core<T, 96, 96>(ctx, problem, B, stream);
  if (wider <= 128) return launch_decode_tensor_core<T, 128, 128>(ctx, problem, B, stream);
  if (problem.qk_dim <= 192 && problem.v_dim <= 128) return launch_decode_tensor_core<T, 192, 128>(ctx, problem, B, stream);
  return launch_decode_tensor_core<T, 256, 256>(ctx, problem, B, stream);
}

}  // namespace bl::attention

#endif
