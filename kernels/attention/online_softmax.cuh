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

/* Scoring times log2(e), with what is the same for all keys computed beforehand. */
struct Base2 {
  bool has_cap, has_slopes, has_rounding;
  /* Of a product; in the exponent of the cap's tanh; the cap; of a bias. */
  float factor, inside, cap, bias;

  /* Whether a score is a product times `factor`. */
  __device__ __forceinline__ bool is_plain() const { return !has_cap && !has_slopes; }
};

__device__ __forceinline__ Base2 base2_of(const Scoring &scoring) {
  Base2 base;
  base.has_cap = scoring.soft_cap > 0.f;
  base.has_slopes = scoring.slopes != nullptr;
  base.has_rounding = scoring.rounded_factor > 0.f;
  base.factor = __fmul_rn(scoring.scale, log2_e);
  base.inside = base.has_cap ? __fdiv_rn(__fmul_rn(2.f * log2_e, scoring.scale), scoring.soft_cap) : 0.f;
  base.cap = __fmul_rn(scoring.soft_cap, log2_e);
  base.bias = base.has_rounding ? __fmul_rn(scoring.rounded_factor, log2_e) : log2_e;
  return base;
}

/*
 * In place of products, their scores to base 2, where those are more than a factor. Element scores[n][2·half + i] belongs to
 * key first_key + 8n + i and row rows[half]; first_key is that of this thread.
 * The cap as cap − 2·cap / (e^(2x) + 1), absolute error below 1e-6 · cap.
 */
template <int COUNT>
__device__ __forceinline__ void score_base2(float (&scores)[COUNT][4], const Row (&rows)[2], const Base2 &base,
                                            int first_key) {
  float start[2], slope[2];
#pragma unroll
  for (int half = 0; half < 2; half += 1) {
    // Whole numbers below 2^24 are exact.
    start[half] = static_cast<float>(base.has_rounding ? first_key : first_key - rows[half].position);
    slope[half] = __fmul_rn(rows[half].slope, base.has_rounding ? 1.f : base.bias);
  }
#pragma unroll
  for (int n = 0; n < COUNT; n += 1) {
#pragma unroll
    for (int i = 0; i < 4; i += 1) {
      float &score = scores[n][i];
      if (base.has_cap) {
        const float power = exp2_fast(__fmul_rn(score, base.inside));
        score = __fmaf_rn(-2.f * base.cap, reciprocal_fast(__fadd_rn(power, 1.f)), base.cap);
      } else {
        score = __fmul_rn(score, base.factor);
      }
      if (!base.has_slopes) continue;
      const float at = __fadd_rn(start[i / 2], static_cast<float>(8 * n + i % 2));
      if (base.has_rounding) {
        score = __fmaf_rn(base.bias, rounded_to_bfloat16(__fmul_rn(slope[i / 2], rounded_to_bfloat16(at))), score);
      } else {
        score = __fmaf_rn(slope[i / 2], at, score);
      }
    }
  }
}

/*
 * Turns scores, laid out as above, into weights; `factor` takes a score to base 2. masked: some keys may not be seen.
 * corrections: the factors for what was summed up before. Both rows go side by side, each with two chains of additions,
 * because a warp has little else to do while it waits for a result.
 */
template <int COUNT>
__device__ __forceinline__ void weigh(float (&scores)[COUNT][4], Row (&rows)[2], float factor, bool masked,
                                      int first_key, float (&corrections)[2]) {
  if (masked) {
#pragma unroll
    for (int half = 0; half < 2; half += 1) {
      const int last = rows[half].position - first_key, first = rows[half].first_key - first_key;
#pragma unroll
      for (int n = 0; n < COUNT; n += 1) {
#pragma unroll
        for (int i = 0; i < 2; i += 1) {
          if (8 * n + i > last || 8 * n + i < first) scores[n][2 * half + i] = -INFINITY;
        }
      }
    }
  }
  float highest[4] = {rows[0].highest, -INFINITY, rows[1].highest, -INFINITY};
#pragma unroll
  for (int n = 0; n < COUNT; n += 1) {
#pragma unroll
    for (int i = 0; i < 4; i += 1) highest[i] = fmaxf(highest[i], scores[n][i]);
  }
  float shift[2], sums[4] = {};
#pragma unroll
  for (int half = 0; half < 2; half += 1) {
    float most = fmaxf(highest[2 * half], highest[2 * half + 1]);
    most = fmaxf(most, __shfl_xor_sync(0xffffffffu, most, 1));
    most = fmaxf(most, __shfl_xor_sync(0xffffffffu, most, 2));
    // Of a row that has seen no key yet, weights must become 0 and not NaN.
    const float base = most == -INFINITY ? 0.f : most;
    corrections[half] = exp2_fast(__fmul_rn(__fsub_rn(rows[half].highest, base), factor));
    shift[half] = -__fmul_rn(base, factor);
    rows[half].highest = most;
  }
#pragma unroll
  for (int n = 0; n < COUNT; n += 1) {
#pragma unroll
    for (int i = 0; i < 4; i += 1) {
      scores[n][i] = exp2_fast(__fmaf_rn(scores[n][i], factor, shift[i / 2]));
      sums[i] = __fadd_rn(sums[i], scores[n][i]);
    }
  }
#pragma unroll
  for (int half = 0; half < 2; half += 1) {
    const float sum = __fadd_rn(sums[2 * half], sums[2 * half + 1]);
    rows[half].sum = __fmaf_rn(rows[half].sum, corrections[half], sum);
  }
}

/* The same from products. */
template <int COUNT>
__device__ __forceinline__ void soften(float (&products)[COUNT][4], Row (&rows)[2], const Base2 &base, bool masked,
                                       int first_key, float (&corrections)[2]) {
  const bool is_plain = base.is_plain();
  if (!is_plain) score_base2(products, rows, base, first_key);
  weigh(products, rows, is_plain ? base.factor : 1.f, masked, first_key, corrections);
}

/* The sum of a row's weights over all its lanes. */
__device__ __forceinline__ float row_sum(const Row &row) {
  const float sum = row.sum + __shfl_xor_sync(0xffffffffu, row.sum, 1);
  return sum + __shfl_xor_sync(0xffffffffu, sum, 2);
}

/* Its inverse; 0 for a row without keys. */
__device__ __forceinline__ float inverse_sum(const Row &row) {
  const float sum = row_sum(row);
  return sum > 0.f ? __fdividef(1.f, sum) : 0.f;
}

}  // namespace bl::attention

#endif
