/*
 * One row of a tile of logits by a block: read once, in steps of a few packs a thread. Sums are float32 within a step and
 * float64 across steps, threads and tiles. Which thread adds what depends on the width alone.
 */
#ifndef BITLOSS_HEAD_TILE_CUH
#define BITLOSS_HEAD_TILE_CUH

#include "../elementwise/pack.cuh"

namespace bl {

inline int check_tile(const char *op, int64_t stride, int64_t R, int64_t width, int64_t first) {
  BL_REQUIRE(R >= 0 && R < INT32_MAX && width >= 1 && first >= 0 && first + width < (1 << 30) && stride >= width,
             "%s: %lld rows of %lld logits from token %lld on, %lld apart; rows must not overlap and tokens stay below 2^30", op,
             (long long)R, (long long)width, (long long)first, (long long)stride);
  return BL_OK;
}

inline int tile_threads(int64_t width) { return width < 32768 ? 256 : 512; }
constexpr int TILE_THREADS = 512;

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

/* The logits of this thread in the step that begins at column `start`: PACKS packs, neighbouring threads beside one another. */
template <int PACKS>
struct Step {
  static constexpr int SIZE = 4 * PACKS;
  int start;
  float logits[SIZE];

  static __device__ __forceinline__ int stride() { return SIZE * static_cast<int>(blockDim.x); }
  __device__ __forceinline__ int column(int i) const {
    return start + (i / 4 * static_cast<int>(blockDim.x) + static_cast<int>(threadIdx.x)) * 4 + i % 4;
  }

  /* Adjusted logits; −∞ behind the row. `row` is rewritten where `keep` says so. */
  __device__ __forceinline__ Step(float *row, int start, int width, bool aligned, const Adjustment &adjust, bool keep)
      : start(start) {
    if (aligned && start + stride() <= width) {
#pragma unroll
      for (int j = 0; j < PACKS; ++j)
        reinterpret_cast<float4 *>(logits)[j] = *reinterpret_cast<const float4 *>(row + column(4 * j));
    } else {
#pragma unroll
      for (int i = 0; i < SIZE; ++i) logits[i] = column(i) < width ? row[column(i)] : -INFINITY;
    }
    if (!adjust.is_needed()) return;
#pragma unroll
    for (int i = 0; i < SIZE; ++i) {
      if (column(i) < width) logits[i] = adjust(logits[i], column(i));
    }
    if (!keep) return;
#pragma unroll
    for (int j = 0; j < PACKS; ++j) {
      float pack[4] = {logits[4 * j], logits[4 * j + 1], logits[4 * j + 2], logits[4 * j + 3]};
      store_pack(row + column(4 * j), width - column(4 * j), aligned, pack);
    }
  }
};

/* Floats as integers of the same order; −0 and 0 are equal. */
__device__ __forceinline__ int ordered(float value) {
  const int bits = __float_as_int(value + 0.0f);
  return bits ^ (bits >> 31 & 0x7fffffff);
}

/* What has been seen of a distribution so far; `apart` is a second sum with the same weights, where WEIGHTED. */
template <bool WEIGHTED>
struct Running {
  float highest = -INFINITY;
  int best = INT32_MAX;
  double sum = 0, apart = 0;

  /* What exponents are relative to; nothing is above −∞ before the first finite logit. */
  __device__ __forceinline__ float base() const { return highest == -INFINITY ? 0.0f : highest; }

  /* Makes the sums relative to the highest logit so far and of a step. Ids of a thread come in order. */
  template <int PACKS>
  __device__ __forceinline__ void raise(const Step<PACKS> &step) {
    float most = step.logits[0];
#pragma unroll
    for (int i = 1; i < step.SIZE; ++i) most = fmaxf(most, step.logits[i]);
    if (!(most > highest)) return;
    scale(expf(highest - most));
    highest = most;
#pragma unroll
    for (int i = step.SIZE - 1; i >= 0; --i) {
      if (step.logits[i] == most) best = step.column(i);
    }
  }

  __device__ __forceinline__ void scale(float factor) {
    sum *= factor;
    if (WEIGHTED) apart *= factor;
  }

  /* Joins the lanes of a warp. */
  __device__ __forceinline__ void join_warp() {
    const int key = ordered(highest), most = __reduce_max_sync(0xffffffffu, key);
    const float highest_of_all = __shfl_sync(0xffffffffu, highest, __ffs(__ballot_sync(0xffffffffu, key == most)) - 1);
    best = __reduce_min_sync(0xffffffffu, key == most ? best : INT32_MAX);
    scale(key == most ? 1.0f : expf(highest - highest_of_all));
    highest = highest_of_all;
    sum = warp_sum(sum);
    if (WEIGHTED) apart = warp_sum(apart);
  }

  /* Joins the block; the result is valid in the first warp. `shared`: room for a value a warp. */
  __device__ __forceinline__ void join(Running *shared) {
    join_warp();
    const int lane = threadIdx.x % 32, warps = blockDim.x / 32;
    if (lane == 0) shared[threadIdx.x / 32] = *this;
    __syncthreads();
    if (threadIdx.x >= 32) return;
    *this = Running();
    if (lane < warps) *this = shared[lane];
    join_warp();
  }
};

/* A distribution as it is stored between tiles. */
struct Stored {
  double highest = -INFINITY, sum = 0, apart = 0;
  int best = 0;

  /* Adds a tile whose first id is `first`. */
  template <bool WEIGHTED>
  __device__ __forceinline__ void add(const Running<WEIGHTED> &tile, int first) {
    const double most = tile.highest > highest ? tile.highest : highest;
    const double mine = most == highest ? 1 : exp(highest - most), its = most == tile.highest ? 1 : exp(tile.highest - most);
    // Tiles come in order: of equals, the earlier one stays.
    if (tile.highest > highest) best = first + tile.best;
    highest = most;
    sum = sum * mine + tile.sum * its;
    apart = apart * mine + tile.apart * its;
  }
};

}  // namespace bl

#endif
