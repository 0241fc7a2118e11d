/* BiLLM by the obvious loops in float64: eval/math/binary-blocks.ts and binary-search.ts. */
#ifndef BITLOSS_BINARY_REFERENCE_BLOCKS_H
#define BITLOSS_BINARY_REFERENCE_BLOCKS_H

#include <algorithm>
#include <cmath>
#include <vector>

#include "../quantize/checks.h"
#include "../reference/bl_reference.h"
#include "levels.h"
#include "reference_feedback.h"

namespace bl {
namespace binary {

using Values = std::vector<double>;

inline double mean_of(const Values &values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return values.empty() ? 0 : sum / static_cast<double>(values.size());
}

inline double distance_of(const Values &values, double from) {
  Values distances;
  for (const double value : values) distances.push_back(fabs(value - from));
  return mean_of(distances);
}

/* Squares of what `order` binarizations leave. */
inline double residual_error(Values values, int order) {
  for (int i = 0; i < order; ++i) {
    const double mean = mean_of(values), distance = distance_of(values, mean);
    for (double &value : values) value = value - mean >= 0 ? value - mean - distance : value - mean + distance;
  }
  double error = 0;
  for (const double value : values) error += value * value;
  return error;
}

struct BlockMatrix {
  int64_t N, G;
  Values values;
  double at(int64_t n, int64_t j) const { return values[n * G + j]; }
};

inline size_t index_of_least(const Values &errors) {
  return static_cast<size_t>(std::min_element(errors.begin(), errors.end()) - errors.begin());
}

/* Marks the salient columns. */
inline std::vector<uint8_t> search_salient(const BlockMatrix &target, const Values &scores) {
  const int64_t G = target.G;
  std::vector<int64_t> order(G);
  for (int64_t j = 0; j < G; ++j) order[j] = j;
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return key_of_size(scores[a]) > key_of_size(scores[b]); });
  Values errors;
  for (int64_t count = 1; count <= std::min<int64_t>(MOST_SALIENT, G - 1); ++count) {
    double error = 0;
    for (int64_t n = 0; n < target.N; ++n) {
      Values first, others;
      for (int64_t i = 0; i < G; ++i) (i < count ? first : others).push_back(target.at(n, order[i]));
      error += residual_error(first, 2) + residual_error(others, 2);
    }
    errors.push_back(error);
  }
  std::vector<uint8_t> salient(G, 0);
  const size_t best = errors.empty() ? 0 : index_of_least(errors) + 1;
  for (size_t i = 0; i < best; ++i) salient[order[i]] = 1;
  return salient;
}

inline double search_split(const BlockMatrix &target, const uint8_t *salient, bool with_zeros) {
  Values sizes, splits, errors;
  for (int64_t i = 0; i < target.N * target.G; ++i) {
    const bool is_salient = salient[i % target.G] != 0;
    if (!is_salient || with_zeros) sizes.push_back(is_salient ? 0 : fabs(target.values[i]));
  }
  std::sort(sizes.begin(), sizes.end(), [](double a, double b) { return key_of_size(a) < key_of_size(b); });
  for (int i = 0; i < SPLITS; ++i) {
    const double place = split_share(i) * static_cast<double>(sizes.size() - 1);
    const size_t below = static_cast<size_t>(place), above = std::min(below + 1, sizes.size() - 1);
    splits.push_back(sizes[below] + (place - static_cast<double>(below)) * (sizes[above] - sizes[below]));
    double error = 0;
    for (int64_t n = 0; n < target.N; ++n) {
      Values small, large;
      for (int64_t j = 0; j < target.G; ++j) {
        if (salient[j] == 0) (fabs(target.at(n, j)) < splits.back() ? small : large).push_back(target.at(n, j));
      }
      error += residual_error(small, 1) + residual_error(large, 1);
    }
    errors.push_back(error);
  }
  return splits[index_of_least(errors)];
}

/* Codes and levels of one row. */
inline void binarize_row(const double *row, const double *target, const uint8_t *salient, int64_t G, double split,
                         uint8_t *codes, float *levels) {
  const auto part = [&](int64_t j) { return salient[j] != 0 ? 2 : fabs(target[j]) < split ? 0 : 1; };
  Values values[3], rests;
  for (int64_t j = 0; j < G; ++j) values[part(j)].push_back(row[j]);
  for (int which = 0; which < 2; ++which) {
    const double exact = mean_of(values[which]), mean = signed_half(exact);
    levels[3 + 2 * which] = static_cast<float>(mean);
    levels[4 + 2 * which] = static_cast<float>(signed_half(distance_of(values[which], exact)));
    for (int64_t j = 0; j < G; ++j) if (part(j) == which) codes[j] = static_cast<uint8_t>(2 * which + (row[j] >= mean));
  }
  const double mean = mean_of(values[2]), first = signed_half(distance_of(values[2], mean));
  const auto rest = [&](double value) { return value - mean >= 0 ? value - mean - first : value - mean + first; };
  for (const double value : values[2]) rests.push_back(rest(value));
  const double again = mean_of(rests);
  levels[0] = static_cast<float>(signed_half(mean + again));
  levels[1] = static_cast<float>(first);
  levels[2] = static_cast<float>(signed_half(distance_of(rests, again)));
  for (int64_t j = 0; j < G; ++j) {
    if (part(j) == 2) codes[j] = static_cast<uint8_t>((row[j] >= mean) + 2 * (rest(row[j]) >= again));
  }
}

}  // namespace binary
}  // namespace bl

BL_EXPORT int blr_binary_blocks(void *w, const void *upper, int64_t N, int64_t K, int64_t G, int compat, void *codes,
                                void *levels, void *salient, void *losses, void *errors, void *scratch) {
  using namespace bl::binary;
  (void)errors;
  (void)scratch;
  BL_TRY(bl::quantize::check_groups("blr_binary_blocks", N, K, G));
  BL_REQUIRE(G >= 2 && G <= BLOCK_COLUMNS, "blr_binary_blocks: blocks of %lld columns; 2 to %d are possible", (long long)G,
             BLOCK_COLUMNS);
  double *weights = static_cast<double *>(w);
  const double *factor = static_cast<const double *>(upper);
  for (int64_t start = 0; start < K; start += G) {
    BlockMatrix block{N, G, Values(N * G)}, salience = block;
    Values scores(G, 0);
    for (int64_t i = 0; i < N * G; ++i) {
      const int64_t k = start + i % G;
      block.values[i] = weights[i / G * K + k];
      const double ratio = block.values[i] / factor[k * K + k];
      salience.values[i] = ratio * ratio;
      scores[i % G] += salience.values[i];
    }
    const BlockMatrix &target = compat ? salience : block;
    uint8_t *marks = static_cast<uint8_t *>(salient) + start;
    const std::vector<uint8_t> found = search_salient(target, scores);
    std::copy(found.begin(), found.end(), marks);
    const double split = search_split(target, marks, compat != 0);
    for (int64_t n = 0; n < N; ++n) {
      uint8_t *row = static_cast<uint8_t *>(codes) + n * K;
      float *own = static_cast<float *>(levels) + (n * (K / G) + start / G) * LEVELS;
      binarize_row(&block.values[n * G], &target.values[n * G], marks, G, split, row + start, own);
      const auto round = [&](int64_t k, double) { return block_weight(row[k], marks[k - start] != 0, own); };
      const double loss = feed_back(weights + n * K, factor, K, start, start + G, compat == 0, round);
      double *sum = static_cast<double *>(losses) + n;
      *sum = (start == 0 ? 0 : *sum) + loss;
    }
  }
  return BL_OK;
}

#endif
