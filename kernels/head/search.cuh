/*
 * Finds the token of a rank, or the token at a cumulative probability, in one row of logits without sorting it: a radix search
 * over the tokens' order (by falling logit, equals by rising id), ten bits a pass.
 *
 * Probabilities are integers: weight = round(e^((logit − highest) / temperature) · 2^42), so that sums do not depend on the
 * order in which threads add. Tokens of weight 0 (below 1.2e-13 of the most probable) are never drawn and not counted.
 *
 * A row is searched by a team: one block, or on Hopper and later a cluster of blocks that read each other's shared memory.
 */
#ifndef BITLOSS_HEAD_SEARCH_CUH
#define BITLOSS_HEAD_SEARCH_CUH

#include <cooperative_groups.h>

#include "../elementwise/pack.cuh"

namespace bl {

/* The blocks that share a row. */
struct Team {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
  __device__ __forceinline__ int size() const { return static_cast<int>(cooperative_groups::this_cluster().num_blocks()); }
  __device__ __forceinline__ int rank() const { return static_cast<int>(cooperative_groups::this_cluster().block_rank()); }
  __device__ __forceinline__ void sync() const { cooperative_groups::this_cluster().sync(); }
  /* The same shared variable in the block `rank`. */
  template <class T>
  __device__ __forceinline__ T *of(int rank, T *shared) const {
    return cooperative_groups::this_cluster().map_shared_rank(shared, rank);
  }
#else
  __device__ __forceinline__ int size() const { return 1; }
  __device__ __forceinline__ int rank() const { return 0; }
  __device__ __forceinline__ void sync() const { __syncthreads(); }
  template <class T>
  __device__ __forceinline__ T *of(int, T *shared) const {
    return shared;
  }
#endif
};

constexpr int SEARCH_THREADS = 1024;  // one for each bucket of a pass
constexpr int DIGIT = 10;
constexpr int LOGIT_DIGITS = 6, DIGITS = 8;
constexpr int64_t MOST_TOKENS = 1 << 20;  // two digits of ids; 2^20 weights of 2^42 fit 64 bits
constexpr int LIMB = 12, LIMBS = 4;       // 2^20 limbs of 12 bits fit a 32-bit counter
constexpr float WEIGHT_OF_HIGHEST = 0x1p42f;
constexpr float NEGLIGIBLE = 30.0f;  // e^−30 · 2^42 rounds to 0

struct Tokens {
  const float *logits;
  int V;
  bool aligned;
  float highest, inverse_temperature;

  __device__ __forceinline__ uint64_t weight(float logit) const {
    const float distance = (highest - logit) * inverse_temperature;
    return distance < NEGLIGIBLE ? __float2ull_rn(expf(-distance) * WEIGHT_OF_HIGHEST) : 0;
  }

  /* 60 bits that rise as logits fall: 28 of the scaled distance, which spreads the first passes evenly, then the logit itself. */
  __device__ __forceinline__ uint64_t key(float logit) const {
    const float distance = (highest - logit) * inverse_temperature;
    const auto coarse = static_cast<uint64_t>(distance * (0x1p28f / NEGLIGIBLE));
    // −0 and 0 are equal, so ids decide between them.
    const uint32_t bits = __float_as_uint(logit + 0.0f);
    const uint32_t rising = bits >> 31 ? ~bits : bits | 0x80000000u;
    return coarse << 32 | static_cast<uint32_t>(~rising);
  }

  /* Calls use(id, logit) for all tokens, spread over the team. */
  template <class Use>
  __device__ __forceinline__ void each(Use &&use) const {
    const Team team;
#pragma unroll 2
    for (int first = (team.rank() * SEARCH_THREADS + threadIdx.x) * 4; first < V; first += team.size() * SEARCH_THREADS * 4) {
      float pack[4];
      load_pack(logits + first, V - first, aligned, pack);
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        if (first + i < V) use(first + i, pack[i]);
      }
    }
  }
};

struct Tally {
  uint64_t mass;
  uint32_t count;
};

/* A set of tokens that agree in their first digits, and what comes before it. */
struct Range {
  Tally before, inside;
  uint64_t key;  // the digits of the logit that are known, right-aligned
  uint32_t id;   // the digits of the id that are known, right-aligned
  int digits;

  __device__ __forceinline__ bool contains(uint64_t other, int token) const {
    if (digits <= LOGIT_DIGITS) return other >> (DIGIT * (LOGIT_DIGITS - digits)) == key;
    return other == key && static_cast<uint32_t>(token) >> (DIGIT * (DIGITS - digits)) == id;
  }
};

struct SearchMemory {
  uint32_t counts[SEARCH_THREADS];
  uint32_t limbs[LIMBS][SEARCH_THREADS];
  uint64_t masses[32];
  uint32_t warp_counts[32];
  Range range;
  float highest;
  int best;
};

/* Bucket threadIdx.x of the next digit of a range: what is inside it, and in all buckets up to it. */
struct Bucket {
  Tally inside, up_to;
};

/* Sums over the buckets up to that of this thread. */
__device__ __forceinline__ Tally scan_buckets(Tally value, SearchMemory &memory) {
  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  for (int step = 1; step < 32; step *= 2) {
    const uint64_t mass = __shfl_up_sync(0xffffffffu, value.mass, step);
    const uint32_t count = __shfl_up_sync(0xffffffffu, value.count, step);
    if (lane < step) continue;
    value.mass += mass;
    value.count += count;
  }
  if (lane == 31) {
    memory.masses[warp] = value.mass;
    memory.warp_counts[warp] = value.count;
  }
  __syncthreads();
  for (int before = 0; before < warp; ++before) {
    value.mass += memory.masses[before];
    value.count += memory.warp_counts[before];
  }
  __syncthreads();
  return value;
}

/* Splits a range by its next digit. Nobody reads this block's memory any more when it returns. */
__device__ __forceinline__ Bucket split(const Tokens &tokens, const Range &range, SearchMemory &memory) {
  memory.counts[threadIdx.x] = 0;
  for (int limb = 0; limb < LIMBS; ++limb) memory.limbs[limb][threadIdx.x] = 0;
  __syncthreads();
  tokens.each([&](int id, float logit) {
    const uint64_t key = tokens.key(logit);
    // A NaN has a key too, but no weight.
    if (range.digits > 0 && !range.contains(key, id)) return;
    const uint64_t weight = tokens.weight(logit);
    if (weight == 0) return;
    const bool is_logit = range.digits < LOGIT_DIGITS;
    const uint64_t digits = is_logit ? key >> (DIGIT * (LOGIT_DIGITS - 1 - range.digits))
                                     : static_cast<uint64_t>(id) >> (DIGIT * (DIGITS - 1 - range.digits));
    const int bucket = static_cast<int>(digits & (SEARCH_THREADS - 1));
    atomicAdd(&memory.counts[bucket], 1u);
#pragma unroll
    for (int limb = 0; limb < LIMBS; ++limb) {
      const auto part = static_cast<uint32_t>(weight >> (LIMB * limb)) & ((1u << LIMB) - 1);
      if (part != 0) atomicAdd(&memory.limbs[limb][bucket], part);
    }
  });
  const Team team;
  team.sync();
  Tally inside = {0, 0};
  for (int rank = 0; rank < team.size(); ++rank) {
    inside.count += *team.of(rank, &memory.counts[threadIdx.x]);
#pragma unroll
    for (int limb = 0; limb < LIMBS; ++limb)
      inside.mass += static_cast<uint64_t>(*team.of(rank, &memory.limbs[limb][threadIdx.x])) << (LIMB * limb);
  }
  team.sync();
  return {inside, scan_buckets(inside, memory)};
}

/*
 * Narrows down to the first token at which reached(all up to and with it) holds; it must hold for some token.
 * `first` are the buckets of the whole row. @returns a range of one token, whose id may still be unknown.
 */
template <class Reached>
__device__ __forceinline__ Range find(const Tokens &tokens, Bucket first, Reached &&reached, SearchMemory &memory) {
  Range range = {};
  for (Bucket bucket = first;; bucket = split(tokens, range, memory)) {
    const Tally up_to = {range.before.mass + bucket.up_to.mass, range.before.count + bucket.up_to.count};
    const Tally before = {up_to.mass - bucket.inside.mass, up_to.count - bucket.inside.count};
    if (bucket.inside.count > 0 && reached(up_to) && !(before.count > 0 && reached(before))) {
      const bool is_logit = range.digits < LOGIT_DIGITS;
      memory.range = {before, bucket.inside, is_logit ? range.key << DIGIT | threadIdx.x : range.key,
                      is_logit ? 0 : range.id << DIGIT | threadIdx.x, range.digits + 1};
    }
    __syncthreads();
    range = memory.range;
    __syncthreads();
    if (range.inside.count == 1 || range.digits == DIGITS) return range;
  }
}

/* Stores the id of the token that a range of one holds. */
__device__ __forceinline__ void store_token(const Tokens &tokens, const Range &range, int32_t *token) {
  if (range.digits == DIGITS) {
    if (threadIdx.x == 0) *token = static_cast<int32_t>(range.id);
    return;
  }
  tokens.each([&](int id, float logit) {
    if (range.contains(tokens.key(logit), id) && tokens.weight(logit) > 0) *token = id;
  });
}

}  // namespace bl

#endif
