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

/* What makes a score of q·k, as bl_attention says: factor, cap, bias. slopes may be null. */
struct Scoring {
  float scale, soft_cap;
  int window;
  const float *slopes;
  float rounded_factor;

  __device__ __forceinline__ int first_key(int position) const {
    return window > 0 && position >= window ? position - window + 1 : 0;
  }

  __device__ __forceinline__ float slope_of(int head) const { return slopes == nullptr ? 0.f : slopes[head]; }
};

__device__ __forceinline__ float rounded_to_bfloat16(float value) {
  return __bfloat162float(__float2bfloat16_rn(value));
}

/* Score in natural units. */
__device__ __forceinline__ float exact_score(const Scoring &scoring, float product, float slope, int key, int position) {
  float score = __fmul_rn(product, scoring.scale);
  if (scoring.soft_cap > 0.f) score = __fmul_rn(scoring.soft_cap, tanhf(__fdiv_rn(score, scoring.soft_cap)));
  if (scoring.slopes == nullptr) return score;
  if (scoring.rounded_factor <= 0.f) return fmaf(slope, static_cast<float>(key - position), score);
  const float at_key = rounded_to_bfloat16(__fmul_rn(slope, rounded_to_bfloat16(static_cast<float>(key))));
  return fmaf(scoring.rounded_factor, at_key, score);
}

struct Problem {
  const void *q, *k, *v;
  void *out;
  int64_t q_stride, k_stride, v_stride, out_stride;
  int heads, kv_heads, group, qk_dim, v_dim;
  Scoring scoring;
  const Segment *segments;
  int64_t S, max_queries;
  unsigned segments_together;
};

/* How many segments are worked on at a time, so that keys and values of as many as max_queries positions fit in L2. */
inline unsigned segments_together(int dtype, int64_t width, int64_t max_queries) {
  constexpr int64_t room = 40 << 20;
  const int64_t count = room / (max_queries * width * bytes_of(dtype) + 1);
  return static_cast<unsigned>(count < 1 ? 1 : count > 4096 ? 4096 : count);
}

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
};

inline int64_t tiles_of(const Problem &problem, int tile_rows) {
  return divide_up(problem.max_queries * problem.group, tile_rows);
}

/* Blocks that cover every tile of every segment. */
inline int64_t blocks_of(const Problem &problem, int tile_rows) {
  return tiles_of(problem, tile_rows) * problem.S * problem.kv_heads;
}

/*
 * Tile `index` of all of blocks_of. A few segments at a time, whose keys stay in L2 together; of these the last queries of
 * all first, which see most keys: what is left at the end is light. Tiles that a shorter segment does not have, have no
 * row: has(0) is false.
 */
__device__ __forceinline__ Tile tile_at(const Problem &problem, int tile_rows, unsigned index) {
  const unsigned tiles = static_cast<unsigned>((problem.max_queries * problem.group + tile_rows - 1) / tile_rows);
  const unsigned pair = index / problem.kv_heads, together = problem.segments_together;
  const unsigned first = pair / (tiles * together) * together, inside = pair - first * tiles;
  const unsigned present = min(together, static_cast<unsigned>(problem.S) - first), rank = inside / present;
  Tile tile;
  tile.kv_head = static_cast<int>(index - pair * problem.kv_heads);
  tile.segment = problem.segments[first + inside - rank * present];
  tile.group = problem.group;
  tile.rows = tile.segment.queries * problem.group;
  tile.first_row = static_cast<int>(tiles - 1 - rank) * tile_rows;
  return tile;
}

/* The keys that rows `from` … of a tile see: some row those of low … high − 1, all rows those of all_from … all_to − 1. */
struct Span {
  int low, high, all_from, all_to;
};

__device__ __forceinline__ Span span_of(const Tile &tile, const Scoring &scoring, int from, int count) {
  const int lowest = tile.segment.first_position + tile.query_of(from);
  const int highest = tile.segment.first_position + tile.query_of(min(from + count, tile.rows - tile.first_row) - 1);
  return {scoring.first_key(lowest), highest + 1, scoring.first_key(highest), lowest + 1};
}

}  // namespace bl::attention

#endif
