/*
 * The running softmax of a row whose scores lie in the accumulator layout of the tensor cores: a thread holds two
 * neighbouring keys of every eight, four neighbouring lanes a whole row. Shared by the rungs that use tensor cores.
 * Source: Dao 2023, arXiv:2307.08691, algorithm 1 (FlashAttention-2).
 *
 * Every operation on a row is written as one intrinsic, and a tile of keys that a row does not see changes nothing in
 * it (weights 0, correction 1). So neither the other rows of a tile nor the range of keys that it covers alter its bits.
 */
#ifndef BITLOSS_ATTENTION_ONLINE_SOFTMAX_CUH
#define BITLOSS_ATTENTION_ONLINE_SOFTMAX_CUH

#include "fragments.cuh"
#include "problem.cuh"

namespace bl::attention {

/* What a thread knows of one of its rows. */
struct Row {
  int position, first_key;
  float slope;
  float highest = -INFINITY;
  /* Of the keys that this thread has seen; the four lanes of a row are added up at the end. */
  float sum = 0.f;
};

/* Makes row `row` of the tile; a row that does not exist sees no key. */
__device__ __forceinline__ Row row_of(const Tile &tile, const Scoring &scoring, int row) {
  Row result;
  result.position = tile.has(row) ? tile.segment.first_position + tile.query_of(row) : -1;
  result.first_key = scoring.first_key(result.position);
  result.slope = tile.has(row) ? scoring.slope_of(tile.head_of(row)) : 0.f;
  return result;
}

/* cap · tanh(x / cap), absolute error below 1e-6 · cap. */
__device__ __forceinline__ float capped(float x, float cap) {
  const float power = exp2_fast(__fmul_rn(__fdividef(x, cap), 2.f * log2_e));
  return __fmul_rn(cap, __fsub_rn(1.f, __fdividef(2.f, __fadd_rn(power, 1.f))));
}

/* Replaces a product by its score times log2(e), where cap or bias make that more than a factor. */
__device__ __forceinline__ float score_base2(const Scoring &scoring, float product, const Row &row, int key) {
  float score = __fmul_rn(product, scoring.scale);
  if (scoring.soft_cap > 0.f) score = capped(score, scoring.soft_cap);
  if (scoring.slopes != nullptr) score = __fadd_rn(score, scoring.bias(row.slope, key, row.position));
  return __fmul_rn(score, log2_e);
}

/*
 * Turns the scores of COUNT groups of 8 keys into weights: element scores[n][2·half + i] belongs to key
 * first_key + 8n + i, where first_key is that of this thread. `factor` takes a score to base 2; masked: some of the keys
 * may not be seen. Returns the factor for what was summed up before.
 */
template <int COUNT>
__device__ __forceinline__ float weigh(float (&scores)[COUNT][4], int half, Row &row, float factor, bool masked,
                                       int first_key) {
  if (masked) {
#pragma unroll
    for (int n = 0; n < COUNT; n += 1) {
#pragma unroll
      for (int i = 0; i < 2; i += 1) {
        const int key = first_key + 8 * n + i;
        if (key > row.position || key < row.first_key) scores[n][2 * half + i] = -INFINITY;
      }
    }
  }
  float highest = row.highest;
#pragma unroll
  for (int n = 0; n < COUNT; n += 1) {
    highest = fmaxf(highest, fmaxf(scores[n][2 * half], scores[n][2 * half + 1]));
  }
  highest = fmaxf(highest, __shfl_xor_sync(0xffffffffu, highest, 1));
  highest = fmaxf(highest, __shfl_xor_sync(0xffffffffu, highest, 2));
  // Of a row that has seen no key yet, weights must become 0 and not NaN.
  const float base = highest == -INFINITY ? 0.f : highest;
  const float correction = exp2_fast(__fmul_rn(__fsub_rn(row.highest, base), factor));
  const float shift = -__fmul_rn(base, factor);
  row.highest = highest;
  float sum = __fmul_rn(row.sum, correction);
#pragma unroll
  for (int n = 0; n < COUNT; n += 1) {
#pragma unroll
    for (int i = 0; i < 2; i += 1) {
      float &score = scores[n][2 * half + i];
      score = exp2_fast(__fmaf_rn(score, factor, shift));
      sum = __fadd_rn(sum, score);
    }
  }
  row.sum = sum;
  return correction;
}

/* 1 / the sum over all lanes of a row; 0 for a row without keys. */
__device__ __forceinline__ float inverse_sum(const Row &row) {
  float sum = row.sum + __shfl_xor_sync(0xffffffffu, row.sum, 1);
  sum += __shfl_xor_sync(0xffffffffu, sum, 2);
  return sum > 0.f ? __fdividef(1.f, sum) : 0.f;
}

}  // namespace bl::attention

#endif
