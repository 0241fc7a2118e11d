/*
 * Rung tensor_core: tiles of queries against tiles of keys on the tensor cores, weights never leave registers, keys and
 * values stream through two stages of shared memory. float16 and bfloat16. Bound by the m16n8k16 products, some 60 % of
 * what a Hopper multiprocessor can do.
 * Source: Dao 2023, arXiv:2307.08691, algorithm 1 (FlashAttention-2).
 */
#ifndef BITLOSS_ATTENTION_TENSOR_CORE_CUH
#define BITLOSS_ATTENTION_TENSOR_CORE_CUH

#include "online_softmax.cuh"
#include "swizzled.cuh"

namespace bl::attention {

/* Sizes of a tile: four warps of 16·SLABS queries each. Those of one pair of dimensions never vary, since results
   depend on KEYS. Shared memory stays below 99 KiB, what every device since sm_80 has. */
template <int QK, int V>
struct TensorCoreTile {
  static constexpr int slabs = QK <= 128 ? 2 : 1;
  static constexpr int keys = QK <= 128 ? 64 : 32;
  static constexpr int queries = 64 * slabs;
  static constexpr int threads = 128;
  static constexpr size_t shared = sizeof(uint16_t) * (size_t(queries) * QK + 2 * size_t(keys) * (QK + V));
};

template <class T, int QK, int V>
__global__ void __launch_bounds__(128) tensor_core_kernel(const Problem problem) {
  using Sizes = TensorCoreTile<QK, V>;
  constexpr int SLABS = Sizes::slabs, KEYS = Sizes::keys, QUERIES = Sizes::queries, THREADS = Sizes::threads;
  extern __shared__ __align__(128) unsigned char memory[];
  const unsigned queries_at = shared_address(memory);
  const unsigned keys_at = queries_at + QUERIES * QK * 2, values_at = keys_at + 2 * KEYS * QK * 2;

  const Tile tile = tile_at(problem, QUERIES, blockIdx.x);
  if (!tile.has(0)) return;
  const Segment &segment = tile.segment;
  const Scoring &scoring = problem.scoring;
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  const int warp_row = warp * 16 * SLABS;
  const Span span = span_of(tile, scoring, 0, QUERIES);

  const auto copy_queries = [&] {
    copy_rows<T, QUERIES, QK, THREADS>(queries_at, problem.qk_dim, [&](int row) -> const T * {
      if (!tile.has(row)) return nullptr;
      return static_cast<const T *>(problem.q) + (int64_t(segment.query_row) + tile.query_of(row)) * problem.q_stride +
             int64_t(tile.head_of(row)) * problem.qk_dim;
    });
  };
  const T *const keys = static_cast<const T *>(problem.k) + int64_t(tile.kv_head) * problem.qk_dim;
  const T *const values = static_cast<const T *>(problem.v) + int64_t(tile.kv_head) * problem.v_dim;
  const auto copy_keys = [&](int start, int stage) {
    copy_rows<T, KEYS, QK, THREADS>(keys_at + stage * KEYS * QK * 2, problem.qk_dim, [&](int row) {
      return start + row < span.high ? keys + segment.key_row(start + row) * problem.k_stride : nullptr;
    });
  };
  const auto copy_values = [&](int start, int stage) {
    copy_rows<T, KEYS, V, THREADS>(values_at + stage * KEYS * V * 2, problem.v_dim, [&](int row) {
      return start + row < span.high ? values + segment.key_row(start + row) * problem.v_stride : nullptr;
    });
  };

  Row rows[SLABS][2];
#pragma unroll
  for (int slab = 0; slab < SLABS; slab += 1) {
#pragma unroll
    for (int half = 0; half < 2; half += 1) {
      rows[slab][half] = row_of(tile, scoring, warp_row + 16 * slab + 8 * half + lane / 4);
    }
  }
  const Base2 base = base2_of(scoring);
  float sums[SLABS][V / 8][4] = {};

  const auto products = [&](float (&scores)[SLABS][KEYS / 8][4], int stage) {
    const unsigned from = keys_at + stage * KEYS * QK * 2;
#pragma unroll
    for (int step = 0; step < QK / 16; step += 1) {
      unsigned q[SLABS][4];
#pragma unroll
      for (int slab = 0; slab < SLABS; slab += 1) {
        const int row = warp_row + 16 * slab + lane % 16;
        load_matrices(q[slab], queries_at + Swizzled<QK>::offset(row, 2 * step + lane / 16));
      }
#pragma unroll
      for (int pair = 0; pair < KEYS / 16; pair += 1) {
        unsigned k[4];
        const int row = 16 * pair + lane / 16 * 8 + lane % 8;
        load_matrices(k, from + Swizzled<QK>::offset(row, 2 * step + lane / 8 % 2));
#pragma unroll
        for (int slab = 0; slab < SLABS; slab += 1) {
          multiply_add<T>(scores[slab][2 * pair], q[slab], k[0], k[1]);
          multiply_add<T>(scores[slab][2 * pair + 1], q[slab], k[2], k[3]);
        }
      }
    }
  };
  const auto mix = [&](const float (&weights)[SLABS][KEYS / 8][4], int stage) {
    const unsigned from = values_at + stage * KEYS * V * 2;
#pragma unroll
    for (int step = 0; step < KEYS / 16; step += 1) {
      unsigned p[SLABS][4];
#pragma unroll
      for (int slab = 0; slab < SLABS; slab += 1) {
#pragma unroll
        for (int i = 0; i < 4; i += 1) {
          const float(&pair)[4] = weights[slab][2 * step + i / 2];
          p[slab][i] = pack<T>(pair[i % 2 * 2], pair[i % 2 * 2 + 1]);
        }
      }
#pragma unroll
      for (int pair = 0; pair < V / 16; pair += 1) {
        unsigned v[4];
        load_matrices_transposed(v, from + Swizzled<V>::offset(16 * step + lane % 16, 2 * pair + lane / 16));
#pragma unroll
        for (int slab = 0; slab < SLABS; slab += 1) {
          multiply_add<T>(sums[slab][2 * pair], p[slab], v[0], v[1]);
          multiply_add<T>(sums[slab][2 * pair + 1], p[slab], v[2], v[3]);
        }
      }
    }
  };
  const auto weigh_tile = [&](float (&scores)[SLABS][KEYS / 8][4], int start) {
    const bool masked = start + KEYS > span.all_to || start < span.all_from;
#pragma unroll
    for (int slab = 0; slab < SLABS; slab += 1) {
      float corrections[2];
      soften(scores[slab], rows[slab], base, masked, start + lane % 4 * 2, corrections);
#pragma unroll
      for (int n = 0; n < V / 8; n += 1) {
#pragma unroll
        for (int i = 0; i < 4; i += 1) sums[slab][n][i] = __fmul_rn(sums[slab][n][i], corrections[i / 2]);
      }
    }
  };

  const int begin = span.low / KEYS * KEYS;
  copy_queries();
  copy_keys(begin, 0);
  copy_values(begin, 0);
  copies_commit();
  for (int start = begin, stage = 0; start < span.high; start += KEYS, stage ^= 1) {
    copies_wait<0>();
    // Also: no warp reads the other stage any more.
    __syncthreads();
    if (start + KEYS < span.high) {
      copy_keys(start + KEYS, stage ^ 1);
      copy_values(start + KEYS, stage ^ 1);
      copies_commit();
    }
    if (!tile.has(warp_row)) continue;
    float scores[SLABS][KEYS / 8][4] = {};
    products(scores, stage);
    weigh_tile(scores, start);
    mix(scores, stage);
  }

#pragma unroll
  for (int slab = 0; slab < SLABS; slab += 1) {
#pragma unroll
    for (int half = 0; half < 2; half += 1) {
      const int row = warp_row + 16 * slab + 8 * half + lane / 4;
      const int64_t query = int64_t(segment.query_row) + tile.query_of(row);
      T *out = static_cast<T *>(problem.out) + query * problem.out_stride + int64_t(tile.head_of(row)) * problem.v_dim;
      store_row(out, sums[slab], half, inverse_sum(rows[slab][half]), problem.v_dim, tile.has(row));
    }
  }
}

template <class T, int QK, int V>
int launch_tensor_core(const Problem &problem, cudaStream_t stream) {
  using Sizes = TensorCoreTile<QK, V>;
  const auto kernel = tensor_core_kernel<T, QK, V>;
  BL_TRY(allow_shared("bl_attention", kernel, Sizes::shared));
  const auto blocks = static_cast<unsigned>(blocks_of(problem, Sizes::queries));
  kernel<<<blocks, Sizes::threads, Sizes::shared, stream>>>(problem);
  return launched("bl_attention");
}

/* The smallest tile that holds both dimensions. */
template <class T>
int launch_tensor_core(const Problem &problem, cudaStream_t stream) {
  const int wider = problem.qk_dim > problem.v_dim ? problem.qk_dim : problem.v_dim;
  if (wider <= 32) return launch_tensor_core<T, 32, 32>(problem, stream);
  if (wider <= 64) return launch_tensor_core<T, 64, 64>(problem, stream);
  if (wider <= 96) return launch_tensor_core<T, 96, 96>(problem, stream);
  if (wider <= 128) return launch_tensor_core<T, 128, 128>(problem, stream);
  if (problem.qk_dim <= 192 && problem.v_dim <= 128) return launch_tensor_core<T, 192, 128>(problem, stream);
  return launch_tensor_core<T, 256, 256>(problem, stream);
}

}  // namespace bl::attention

#endif
