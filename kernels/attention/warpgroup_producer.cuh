/*
 * The warpgroup of the rung warpgroup that copies: chooses the tiles of its block, and streams their queries, keys and
 * values into shared memory, ahead of the warpgroups that multiply.
 */
#ifndef BITLOSS_ATTENTION_WARPGROUP_PRODUCER_CUH
#define BITLOSS_ATTENTION_WARPGROUP_PRODUCER_CUH

#include <type_traits>

#include "online_softmax.cuh"
#include "warpgroup_products.cuh"

namespace bl::attention {

/* Sizes for one pair of dimensions; results depend on `keys`. */
template <int QK, int V>
struct WarpgroupTile {
  static constexpr int queries = 128, keys = QK <= 192 ? 128 : 64, stages = 2, threads = 384;
  /* Whether queries are read from shared memory at every product, for want of registers. */
  static constexpr bool queries_stay = QK > 128;
  static constexpr int qk_panels = (QK + 63) / 64, v_panels = (V + 63) / 64;
  static constexpr unsigned query_bytes = queries * qk_panels * 128;
  static constexpr unsigned key_bytes = keys * qk_panels * 128, value_bytes = keys * v_panels * 128;
  /* Panels begin at multiples of 1024 bytes. */
  static constexpr size_t shared = 1024 + query_bytes + stages * (size_t(key_bytes) + value_bytes);
};

/* Barriers in shared memory: one for queries, one a stage for keys and for values, each full and empty. */
enum Barrier {
  queries_full,
  queries_empty,
  keys_full,
  keys_empty = keys_full + 2,
  values_full = keys_empty + 2,
  values_empty = values_full + 2,
  barriers = values_empty + 2
};

/* Full: the 128 threads that copy, and who writes `Work`. Empty: the 8 warps that multiply; of queries, each of their threads. */
__device__ __forceinline__ unsigned arrivals_of(int barrier) {
  if (barrier == queries_full) return 129;
  if (barrier == queries_empty) return 256;
  return barrier == keys_full || barrier == keys_full + 1 || barrier == values_full || barrier == values_full + 1 ? 128 : 8;
}

/* Addresses in shared memory. */
struct Shared {
  unsigned memory, barriers;

  __device__ __forceinline__ unsigned at(int barrier) const { return barriers + 8 * barrier; }
};

/* What the warpgroups that multiply do next: a tile, kv_head −1 for the end, and its keys low … high − 1. */
struct Work {
  Tile tile;
  int low, high;
};

/* Place of a tile in its ring of two, counted over all tiles of a block. */
struct RingPlace {
  unsigned count = 0;

  __device__ __forceinline__ unsigned stage() const { return count & 1; }
  __device__ __forceinline__ unsigned parity() const { return count >> 1 & 1; }
};

/* Where chunk `chunk` of a row lies in a matrix of panels with ROWS rows. */
template <int ROWS>
__device__ __forceinline__ unsigned panel_offset(int row, int chunk) {
  return chunk / 8 * ROWS * 128 + row * 128 + ((chunk ^ row) & 7) * 16;
}

/* Index of the tile that a block takes in `round`. Every other round goes backwards, which evens out the work of blocks
   where tiles become lighter. */
__device__ __forceinline__ unsigned tile_in_round(unsigned round) {
  return round * gridDim.x + (round % 2 == 0 ? blockIdx.x : gridDim.x - 1 - blockIdx.x);
}

/* The next tile of this block that has rows, from `round` on, which becomes the round after it; kv_head −1 for none.
   Each lane looks at another round. */
__device__ __forceinline__ Tile next_tile(const Problem &problem, int tile_rows, unsigned tiles, unsigned &round) {
  for (; round * gridDim.x < tiles; round += 32) {
    const unsigned index = tile_in_round(round + threadIdx.x % 32);
    const bool has = index < tiles && tile_at(problem, tile_rows, index).has(0);
    const unsigned found = __ballot_sync(0xffffffffu, has);
    if (found == 0) continue;
    round += __ffs(found);
    return tile_at(problem, tile_rows, tile_in_round(round - 1));
  }
  Tile none;
  none.kv_head = -1;
  return none;
}

/* Whether the copy engine can copy the keys of a tile: all exist, and their rows follow one another. */
__device__ __forceinline__ bool is_whole(const Segment &segment, int start, int keys) {
  const bool exist = start + keys <= segment.first_position + segment.queries;
  return exist && (start >= segment.prefix_length || start + keys <= segment.prefix_length);
}

/* Starts copies of ROWS rows of `width` elements, PANELS panels of 64 columns, by 128 threads: of one row 8 threads copy a
   chunk in every panel. address(i) is row i · 16 + threadIdx / 8 in global memory, or null, which stands for zeros. */
template <class T, int ROWS, int PANELS, class Address>
__device__ __forceinline__ void copy_panels(unsigned to, int width, Address &&address) {
  const int row = threadIdx.x / 8, chunk = threadIdx.x % 8;
#pragma unroll 4
  for (int i = 0; i < ROWS / 16; i += 1) {
    const T *from = address(i);
#pragma unroll
    for (int panel = 0; panel < PANELS; panel += 1) {
      const int column = 64 * panel + 8 * chunk;
      const bool filled = from != nullptr && column < width;
      copy_async(to + panel_offset<ROWS>(16 * i + row, 8 * panel + chunk), filled ? from + column : nullptr, filled);
    }
  }
}

/* Keys and values as the copy engine sees them: [row, kv_head, column] in boxes of a tile's rows, one head, 64 columns. */
struct Maps {
  CUtensorMap keys, values;
};

#if BL_HAS_WARPGROUPS

/* Rows of a tile's queries; row r + 16 follows from row r without a division. */
template <class T, int QK, int V>
__device__ __forceinline__ void copy_queries(const Problem &problem, const Tile &tile, const Shared &shared) {
  using Sizes = WarpgroupTile<QK, V>;
  const int row = threadIdx.x / 8, queries = 16 / tile.group, heads = 16 % tile.group;
  int query = tile.query_of(row), head = (tile.first_row + row) % tile.group;
  copy_panels<T, Sizes::queries, Sizes::qk_panels>(shared.memory, problem.qk_dim, [&](int i) {
    const T *from = static_cast<const T *>(problem.q) + (int64_t(tile.segment.query_row) + query) * problem.q_stride +
                    int64_t(tile.kv_head * tile.group + head) * problem.qk_dim;
    query += queries;
    head += heads;
    if (head >= tile.group) head -= tile.group, query += 1;
    return tile.has(16 * i + row) ? from : nullptr;
  });
}

template <class T, int QK, int V>
__device__ __forceinline__ void produce(const Problem &problem, const Maps &maps, unsigned tiles, const Shared &shared,
                                        Work *work) {
  using Sizes = WarpgroupTile<QK, V>;
  constexpr int KEYS = Sizes::keys;
  RingPlace key_place, value_place;
  unsigned round = 0;
  Tile next = next_tile(problem, Sizes::queries, tiles, round);
  for (unsigned count = 0;; count += 1) {
    const Tile tile = next;
    const Segment &segment = tile.segment;
    const Span span = tile.kv_head < 0 ? Span{} : span_of(tile, problem.scoring, 0, Sizes::queries);
    const int low = span.low / KEYS * KEYS, high = span.high;

    barrier_wait(shared.at(queries_empty), count & 1 ^ 1);
    if (threadIdx.x == 0) {
      *work = {tile, low, high};
      barrier_arrive(shared.at(queries_full));
    }
    if (tile.kv_head < 0) {
      barrier_arrive(shared.at(queries_full));
      break;
    }
    copy_queries<T, QK, V>(problem, tile, shared);
    barrier_arrive_after_copies(shared.at(queries_full));

    const auto ring = [&](auto panels, unsigned first, int full, int empty, const CUtensorMap *map, const void *matrix,
                          int64_t stride, int width, RingPlace &place, int start) {
      constexpr int PANELS = decltype(panels)::value;
      constexpr unsigned bytes = PANELS * KEYS * 128;
      const unsigned to = first + place.stage() * bytes, barrier = shared.at(full + place.stage());
      barrier_wait(shared.at(empty + place.stage()), place.parity() ^ 1);
      place.count += 1;
      if (is_whole(segment, start, KEYS)) {
        if (threadIdx.x != 0) return barrier_arrive(barrier);
        barrier_arrive_expecting(barrier, bytes);
        const int row = static_cast<int>(segment.key_row(start));
#pragma unroll
        for (int panel = 0; panel < PANELS; panel += 1) {
          copy_box(to + panel * KEYS * 128, map, 64 * panel, tile.kv_head, row, barrier);
        }
        return;
      }
      const T *const base = static_cast<const T *>(matrix) + int64_t(tile.kv_head) * width;
      copy_panels<T, KEYS, PANELS>(to, width, [&](int i) {
        const int key = start + 16 * i + static_cast<int>(threadIdx.x) / 8;
        return key < high ? base + segment.key_row(key) * stride : nullptr;
      });
      barrier_arrive_after_copies(barrier);
    };
    const auto keys = [&](int start) {
      ring(std::integral_constant<int, Sizes::qk_panels>{}, shared.memory + Sizes::query_bytes, keys_full, keys_empty,
           &maps.keys, problem.k, problem.k_stride, problem.qk_dim, key_place, start);
    };
    const auto values = [&](int start) {
      ring(std::integral_constant<int, Sizes::v_panels>{},
           shared.memory + Sizes::query_bytes + Sizes::stages * Sizes::key_bytes, values_full, values_empty,
           &maps.values, problem.v, problem.v_stride, problem.v_dim, value_place, start);
    };
    keys(low);
    next = next_tile(problem, Sizes::queries, tiles, round);
    for (int start = low + KEYS; start < high; start += KEYS) {
      keys(start);
      values(start - KEYS);
    }
    values((high - 1) / KEYS * KEYS);
  }
  // No thread leaves with copies under way.
  asm volatile("cp.async.wait_all;" ::: "memory");
}

#endif

}  // namespace bl::attention

#endif
