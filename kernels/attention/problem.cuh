/*
 * What every rung of attention shares: the arguments as a kernel gets them, where the keys of a segment lie, which keys
 * a query sees, and how a product q·k becomes a score.
 */
#ifndef BITLOSS_ATTENTION_PROBLEM_CUH
#define BITLOSS_ATTENTION_PROBLEM_CUH

#include "../common.cuh"
#include "check.h"

namespace bl::attention {

constexpr float log2_e = 1.4426950408889634f;

/* Six int32 as bl_attention takes them. */
struct Segment {
  int query_row, queries, first_position, prefix_row, prefix_length, own_row;

  __device__ __forceinline__ int64_t key_row(int position) const {
    return position < prefix_length ? int64_t(prefix_row) + position : int64_t(own_row) + position - prefix_length;
  }
};

/* From q·k to a score, as bl_attention says: factor, cap, bias. slopes may be null. */
struct Scoring {
  float scale, soft_cap;
  int window;
  const float *slopes;
  float rounded_factor;

  __device__ __forceinline__ int first_key(int position) const {
    return window > 0 && position >= window ? position - window + 1 : 0;
  }

  __device__ __forceinline__ float slope_of(int head) const { return slopes == nullptr ? 0.f : slopes[head]; }

  /* What is added to the score; roundings are written out, so that every copy of this code gives the same bits. */
  __device__ __forceinline__ float bias(float slope, int key, int position) const {
    if (rounded_factor <= 0.f) return __fmul_rn(slope, static_cast<float>(key - position));
    const float at_key = __bfloat162float(__float2bfloat16_rn(static_cast<float>(key)));
    return __fmul_rn(rounded_factor, __bfloat162float(__float2bfloat16_rn(__fmul_rn(slope, at_key))));
  }
};

/* Score in natural units. */
__device__ __forceinline__ float exact_score(const Scoring &scoring, float product, float slope, int key, int position) {
  float score = __fmul_rn(product, scoring.scale);
  if (scoring.soft_cap > 0.f) score = __fmul_rn(scoring.soft_cap, tanhf(__fdiv_rn(score, scoring.soft_cap)));
  return scoring.slopes == nullptr ? score : __fadd_rn(score, scoring.bias(slope, key, position));
}

struct Problem {
  const void *q, *k, *v;
  void *out;
  int64_t q_stride, k_stride, v_stride, out_stride;
  int heads, kv_heads, group, qk_dim, v_dim;
  Scoring scoring;
  const Segment *segments;
  int64_t S, max_queries;
};

/*
 * The part of the work that a block does: rows first_row … of one key-value head of one segment, where row r is query
 * r / group of head r mod group. Rows of all heads of a group share a tile, so that few queries still fill it.
 */
struct Tile {
  Segment segment;
  int kv_head, first_row, rows, group;

  __device__ __forceinline__ int query_of(int row) const { return (first_row + row) / group; }
  __device__ __forceinline__ int head_of(int row) const { return kv_head * group + (first_row + row) % group; }
  __device__ __forceinline__ bool has(int row) const { return first_row + row < rows; }
  __device__ __forceinline__ int last_query(int tile_rows) const {
    return (min(first_row + tile_rows, rows) - 1) / group;
  }
};

inline int64_t tiles_of(const Problem &problem, int tile_rows) {
  return divide_up(problem.max_queries * problem.group, tile_rows);
}

/* Blocks that cover every tile of every segment. */
inline int64_t blocks_of(const Problem &problem, int tile_rows) {
  return tiles_of(problem, tile_rows) * problem.S * problem.kv_heads;
}

/* The tile of this block. Blocks start in order: segment by segment, so that its keys stay in L2, and in a segment the
   last queries first, which see most keys. Tiles that a shorter segment does not have, have no row: has(0) is false. */
__device__ __forceinline__ Tile tile_of_block(const Problem &problem, int tile_rows) {
  const unsigned tiles = static_cast<unsigned>((problem.max_queries * problem.group + tile_rows - 1) / tile_rows);
  const unsigned pair = blockIdx.x / problem.kv_heads;
  Tile tile;
  tile.kv_head = static_cast<int>(blockIdx.x - pair * problem.kv_heads);
  tile.segment = problem.segments[pair / tiles];
  tile.group = problem.group;
  tile.rows = tile.segment.queries * problem.group;
  tile.first_row = static_cast<int>(tiles - 1 - pair % tiles) * tile_rows;
  return tile;
}

}  // namespace bl::attention

#endif
