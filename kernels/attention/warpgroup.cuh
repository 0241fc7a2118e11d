/*
 * Rung warpgroup (sm_90a): a warpgroup copies keys and values into a ring of tiles, two others multiply 64 rows each with
 * asynchronous products; the weights of one tile are computed while the tensor cores mix the values of the one before.
 * The two take turns, so that the exponentials of one hide behind the products of the other. Blocks stay and take tile
 * after tile, and copies for the next begin before this one is done. Bound by the tensor cores.
 * Source: Shah et al. 2024, arXiv:2407.08608, algorithm 2 (FlashAttention-3).
 */
#ifndef BITLOSS_ATTENTION_WARPGROUP_CUH
#define BITLOSS_ATTENTION_WARPGROUP_CUH

#include "tensor_map.cuh"
#include "warpgroup_producer.cuh"

namespace bl::attention {

#if BL_HAS_WARPGROUPS

/* One warpgroup of two: rows group_row … group_row + 63 of every tile. */
template <class T, int QK, int V>
__device__ __forceinline__ void consume(const Problem &problem, const Shared &shared, const Work *work) {
  using Sizes = WarpgroupTile<QK, V>;
  constexpr int KEYS = Sizes::keys;
  const int group = static_cast<int>(threadIdx.x) / 128 - 1, group_row = group * 64;
  const int own_turn = 1 + group, other_turn = 2 - group;
  const int lane = threadIdx.x % 32, warp_row = group_row + static_cast<int>(threadIdx.x) % 128 / 32 * 16;
  const int own_row = warp_row + lane / 4;
  const unsigned keys_at = shared.memory + Sizes::query_bytes, values_at = keys_at + Sizes::stages * Sizes::key_bytes;
  const Base2 base = base2_of(problem.scoring);
  RingPlace key_place, value_place;

  // What threads have copied needs a fence, what the copy engine has written does not.
  const auto wait_full = [&](int full, const RingPlace &place, bool whole) {
    barrier_wait(shared.at(full + place.stage()), place.parity());
    if (!whole) fence_for_products();
  };
  const auto release = [&](int empty, RingPlace &place) {
    if (lane == 0) barrier_arrive(shared.at(empty + place.stage()));
    place.count += 1;
  };
  // Every thread has read them itself, by its own loads.
  const auto release_queries = [&] { barrier_arrive(shared.at(queries_empty)); };

  if (group == 1) turn_pass(other_turn);
  for (unsigned count = 0;; count += 1) {
    barrier_wait(shared.at(queries_full), count & 1);
    const Work now = *work;
    if (now.tile.kv_head < 0) break;
    const Tile &tile = now.tile;
    unsigned queries[Sizes::queries_stay ? 1 : QK / 16][4];
    if constexpr (Sizes::queries_stay) {
      fence_for_products();
    } else {
#pragma unroll
      for (int step = 0; step < QK / 16; step += 1) {
        const int row = warp_row + lane % 16, chunk = 2 * step + lane / 16;
        load_matrices(queries[step], shared.memory + panel_offset<Sizes::queries>(row, chunk));
      }
      release_queries();
    }
    const bool works = tile.has(group_row);
    const Span span = span_of(tile, problem.scoring, works ? group_row : 0, 64);
    Row rows[2] = {row_of(tile, problem.scoring, own_row), row_of(tile, problem.scoring, own_row + 8)};
    float scores[KEYS / 8][4], sums[V / 8][4] = {}, corrections[2];
    unsigned weights[KEYS / 16][4];

    const auto multiply = [&] {
      const unsigned from = keys_at + key_place.stage() * Sizes::key_bytes;
#pragma unroll
      for (int step = 0; step < QK / 16; step += 1) {
        const unsigned inside = step % 4 * 32;
        const uint64_t k = describe(from + step / 4 * KEYS * 128 + inside, 0);
        if constexpr (Sizes::queries_stay) {
          const unsigned q = shared.memory + step / 4 * Sizes::queries * 128 + group_row * 128 + inside;
          product_shared<T>(scores, describe(q, 0), k, step > 0);
        } else {
          product_queries<T>(scores, queries[step], k, step > 0);
        }
      }
      products_commit();
    };
    const auto mix = [&] {
      const unsigned from = values_at + value_place.stage() * Sizes::value_bytes;
#pragma unroll
      for (int step = 0; step < KEYS / 16; step += 1) {
        product_registers<T>(sums, weights[step], describe(from + step * 16 * 128, KEYS * 128));
      }
      products_commit();
    };
    const auto weigh_tile = [&](int start) {
      const bool masked = start + KEYS > span.all_to || start < span.all_from;
      soften(scores, rows, base, masked, start + lane % 4 * 2, corrections);
    };
    const auto whole = [&](int start) { return is_whole(tile.segment, start, KEYS); };
    const auto pack_weights = [&] {
#pragma unroll
      for (int step = 0; step < KEYS / 16; step += 1) {
#pragma unroll
        for (int i = 0; i < 4; i += 1) {
          const float(&pair)[4] = scores[2 * step + i / 2];
          weights[step][i] = pack<T>(pair[i % 2 * 2], pair[i % 2 * 2 + 1]);
        }
      }
    };

    wait_full(keys_full, key_place, whole(now.low));
    products_begin();
    multiply();
    products_wait<0>();
    hold(scores);
    release(keys_empty, key_place);
    weigh_tile(now.low);
    pack_weights();
    for (int start = now.low + KEYS; start < now.high; start += KEYS) {
      wait_full(keys_full, key_place, whole(start));
      turn_wait(own_turn);
      products_begin();
      multiply();
      wait_full(values_full, value_place, whole(start - KEYS));
      products_begin();
      mix();
      turn_pass(other_turn);
      products_wait<1>();
      hold(scores);
      release(keys_empty, key_place);
      weigh_tile(start);
      products_wait<0>();
      hold(sums);
      release(values_empty, value_place);
#pragma unroll
      for (int n = 0; n < V / 8; n += 1) {
#pragma unroll
        for (int i = 0; i < 4; i += 1) sums[n][i] = __fmul_rn(sums[n][i], corrections[i / 2]);
      }
      pack_weights();
    }
    if constexpr (Sizes::queries_stay) release_queries();
    wait_full(values_full, value_place, whole((now.high - 1) / KEYS * KEYS));
    products_begin();
    mix();
    products_wait<0>();
    hold(sums);
    release(values_empty, value_place);

#pragma unroll
    for (int half = 0; half < 2; half += 1) {
      const int row = own_row + 8 * half;
      const int64_t query = int64_t(tile.segment.query_row) + tile.query_of(row);
      T *out = static_cast<T *>(problem.out) + query * problem.out_stride + int64_t(tile.head_of(row)) * problem.v_dim;
      store_row(out, sums, half, inverse_sum(rows[half]), problem.v_dim, tile.has(row));
    }
  }
}

#endif

template <class T, int QK, int V>
__global__ void __launch_bounds__(384, 1) warpgroup_kernel(const Problem problem,
                                                           const __grid_constant__ Maps maps, unsigned tiles) {
#if BL_HAS_WARPGROUPS
  __shared__ __align__(8) uint64_t barrier_memory[barriers];
  __shared__ Work work;
  extern __shared__ unsigned char dynamic[];
  const Shared shared = {(shared_address(dynamic) + 1023) / 1024 * 1024, shared_address(barrier_memory)};
  if (threadIdx.x == 0) {
    for (int i = 0; i < barriers; i += 1) barrier_init(shared.at(i), arrivals_of(i));
    fence_barriers();
  }
  __syncthreads();
  if (threadIdx.x < 128) {
    registers_shrink<40>();
    produce<T, QK, V>(problem, maps, tiles, shared, &work);
  } else {
    registers_grow<232>();
    consume<T, QK, V>(problem, shared, &work);
  }
#endif
}

template <class T, int QK, int V>
int launch_warpgroup(const Problem &problem, cudaStream_t stream) {
  using Sizes = WarpgroupTile<QK, V>;
  const char *op = "bl_attention";
  const auto kernel = warpgroup_kernel<T, QK, V>;
  BL_TRY(allow_shared(op, kernel, Sizes::shared));
  int device = 0, multiprocessors = 0;
  BL_CUDA_TRY(op, cudaGetDevice(&device));
  BL_CUDA_TRY(op, cudaDeviceGetAttribute(&multiprocessors, cudaDevAttrMultiProcessorCount, device));
  Maps maps;
  BL_TRY(map_heads(&maps.keys, problem.k, problem.k_stride, problem.kv_heads, problem.qk_dim, Sizes::keys));
  BL_TRY(map_heads(&maps.values, problem.v, problem.v_stride, problem.kv_heads, problem.v_dim, Sizes::keys));
  const int64_t tiles = blocks_of(problem, Sizes::queries);
  const auto blocks = static_cast<unsigned>(tiles < multiprocessors ? tiles : multiprocessors);
  kernel<<<blocks, Sizes::threads, Sizes::shared, stream>>>(problem, maps, static_cast<unsigned>(tiles));
  return launched(op);
}

/* The smallest tile that holds both dimensions. */
template <class T>
int launch_warpgroup(const Problem &problem, cudaStream_t stream) {
  const int wider = problem.qk_dim > problem.v_dim ? problem.qk_dim : problem.v_dim;
  if (wider <= 64) return launch_warpgroup<T, 64, 64>(problem, stream);
  if (wider <= 96) return launch_warpgroup<T, 96, 96>(problem, stream);
  if (wider <= 128) return launch_warpgroup<T, 128, 128>(problem, stream);
  if (problem.qk_dim <= 192 && problem.v_dim <= 128) return launch_warpgroup<T, 192, 128>(problem, stream);
  return launch_warpgroup<T, 256, 256>(problem, stream);
}

}  // namespace bl::attention

#endif
