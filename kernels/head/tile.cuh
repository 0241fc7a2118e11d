/*
 * One row of a tile of logits by a block: read once, in steps of 16 logits a thread. Sums are float32 within a step and
 * float64 across steps, threads and tiles. Which thread adds what depends on the width alone.
 */
#ifndef BITLOSS_HEAD_TILE_CUH
#define BITLOSS_HEAD_TILE_CUH

#include "../elementwise/pack.cuh"

namespace bl {

constexpr int TILE_PACKS = 4;
constexpr int TILE_STEP = 4 * TILE_PACKS;

inline int threads_for(int64_t width) { return width >= 8192 ? 512 : 256; }

inline int check_tile(const char *op, int64_t stride, int64_t R, int64_t width, int64_t first) {
  BL_REQUIRE(R >= 0 && R < INT32_MAX && width >= 1 && first >= 0 && first + width < (1 << 30) && stride >= width,
             "%s: %lld rows of %lld logits from token %lld on, %lld apart; rows must not overlap and tokens stay below 2^30", op,
             (long long)R, (long long)width, (long long)first, (long long)stride);
  return BL_OK;
}

/* Bias and cap of a logit: Gemma 2, arXiv:2408.00118, section 2. */
struct Adjustment {
  const float *bias;
  float soft_cap;

  __device__ __forceinline__ bool is_needed() const { return bias != nullptr || soft_cap > 0; }
  __device__ __forceinline__ float operator()(float logit, int column) const {
    if (bias != nullptr) logit += bias[column];
    return soft_cap > 0 ? soft_cap * tanhf(logit / soft_cap) : logit;
  }
};

/* First column of pack j of the step that begins at `start`. */
__device__ __forceinline__ int pack_column(int start, int j) {
  return start + (j * static_cast<int>(blockDim.x) + static_cast<int>(threadIdx.x)) * 4;
}

/* The logits of one step as they are after adjustment; −∞ behind the row. `row` is rewritten where `keep` says so. */
__device__ __forceinline__ void load_step(float *row, int start, int width, bool aligned, const Adjustment &adjust, bool keep,
                                          float (&logits)[TILE_STEP]) {
  float packs[TILE_PACKS][4];
#pragma unroll
  for (int j = 0; j < TILE_PACKS; ++j) load_pack(row + pack_column(start, j), width - pack_column(start, j), aligned, packs[j]);
  if (adjust.is_needed()) {
    for (int j = 0; j < TILE_PACKS; ++j) {
      const int column = pack_column(start, j);
      for (int i = 0; i < 4; ++i) {
        if (column + i < width) packs[j][i] = adjust(packs[j][i], column + i);
      }
      if (keep) store_pack(row + column, width - column, aligned, packs[j]);
    }
  }
#pragma unroll
  for (int j = 0; j < TILE_PACKS; ++j) {
#pragma unroll
    for (int i = 0; i < 4; ++i) logits[4 * j + i] = pack_column(start, j) + i < width ? packs[j][i] : -INFINITY;
  }
}

/* What has been seen of a distribution so far. */
struct Running {
  float highest = -INFINITY;
  int best = INT32_MAX;
  double sum = 0;

  /* What exponents are relative to; nothing is above −∞ before the first finite logit. */
  __device__ __forceinline__ float base() const { return highest == -INFINITY ? 0.0f : highest; }

  /* Takes notice of a step's highest logit. @returns the factor of the sums so far. Ids of a thread come in order. */
  __device__ __forceinline__ double raise(const float (&logits)[TILE_STEP], int start) {
    float most = logits[0];
#pragma unroll
    for (int i = 1; i < TILE_STEP; ++i) most = fmaxf(most, logits[i]);
    if (!(most > highest)) return 1;
    const double factor = highest == -INFINITY ? 1 : exp(static_cast<double>(highest) - most);
    highest = most;
#pragma unroll
    for (int i = TILE_STEP - 1; i >= 0; --i) {
      if (logits[i] == most) best = pack_column(start, i / 4) + i % 4;
    }
    return factor;
  }

  /* Joins the threads of the block; `best` is valid in every thread. @returns the factor of this thread's sums. */
  __device__ __forceinline__ double join(double *shared) {
    auto *floats = reinterpret_cast<float *>(shared);
    const float most = block_max(highest, floats, -INFINITY);
    const double factor = most == highest ? 1 : exp(static_cast<double>(highest) - most);
    best = -block_max(highest == most ? -best : -INT32_MAX, reinterpret_cast<int *>(shared), -INT32_MAX);
    highest = most;
    sum = block_sum(sum * factor, shared);
    return factor;
  }
};

/* A distribution as it is stored between tiles. */
struct Stored {
  double highest, sum;
  int best;

  /* Adds a tile whose first id is `first`. @returns what the sums so far, and those of the tile, are multiplied by. */
  __device__ __forceinline__ double2 add(const Running &tile, int first) {
    const double most = tile.highest > highest ? tile.highest : highest;
    const double2 factors = {most == highest ? 1 : exp(highest - most), most == tile.highest ? 1 : exp(tile.highest - most)};
    // Tiles come in order: of equals, the earlier one stays.
    if (tile.highest > highest) best = first + tile.best;
    highest = most;
    sum = sum * factors.x + tile.sum * factors.y;
    return factors;
  }
};

constexpr double NOTHING = -INFINITY;

}  // namespace bl

#endif
