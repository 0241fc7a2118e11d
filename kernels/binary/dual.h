/* The steps of eval/math/dual-binary.ts in float64, for the host references and for device code alike. */
#ifndef BITLOSS_BINARY_DUAL_H
#define BITLOSS_BINARY_DUAL_H

#include "levels.h"

namespace bl {
namespace binary {

/* Starts of the fit: four shares of max|w| / 2, each with the longer arm up and down; and rounds from each. */
constexpr int DUAL_STARTS = 8;
constexpr int DUAL_ROUNDS = 8;

/* ŵ = first·b1 + second·b2. */
struct DualPair {
  double first, second;
};

/* What a pair leaves, weighted, and the normal equations of the next one. */
struct DualSums {
  double error, a11, a12, a22, c1, c2;
};

/* In half precision; a zero keeps its sign, which is stored. */
BL_SHARED double half_with_sign(double value) { return copysign(quantize::round_to_half(fabs(value)), value); }

BL_SHARED double dual_level(int code, const DualPair &pair) {
  // Products rather than choices: levels beyond half precision must give NaN, so that they are refused.
  return plus(times(static_cast<double>(code & 1), pair.first), times(static_cast<double>(code >> 1), pair.second));
}

/* The code of the nearest level, the smallest of equally near ones, and the distance from it. */
BL_SHARED int dual_code(double weight, const double *levels, double &least) {
  int best = 0;
  least = fabs(minus(weight, levels[0]));
  for (int code = 1; code < 4; ++code) {
    const double distance = fabs(minus(weight, levels[code]));
    best = distance < least ? code : best;
    least = distance < least ? distance : least;
  }
  return best;
}

BL_SHARED DualPair dual_start(int start, double absmax) {
  const double shares[DUAL_STARTS / 2] = {1, 0.8, 0.6, 0.4};
  const double s = times(times(start % 2 == 0 ? 1.0 : -1.0, shares[start / 2]), absmax) / 2;
  return DualPair{half_with_sign(times(2, s)), half_with_sign(-s)};
}

/* Adds a weight of importance h. */
BL_SHARED void add_dual(double weight, double h, const double *levels, DualSums &sums) {
  double off;
  const int code = dual_code(weight, levels, off);
  const double moment = times(h, weight);
  sums.error = plus(sums.error, times(h, times(off, off)));
  if (code & 1) sums.a11 = plus(sums.a11, h);
  if (code & 1) sums.c1 = plus(sums.c1, moment);
  if (code >> 1) sums.a22 = plus(sums.a22, h);
  if (code >> 1) sums.c2 = plus(sums.c2, moment);
  if (code == 3) sums.a12 = plus(sums.a12, h);
}

/* Whether there is a next pair that differs; it takes the place of `pair`. */
BL_SHARED bool next_pair(const DualSums &in, DualPair &pair) {
  const double determinant = minus(times(in.a11, in.a22), times(in.a12, in.a12));
  if (!(determinant > times(times(1e-12, in.a11), in.a22))) return false;
  const DualPair next{half_with_sign(minus(times(in.c1, in.a22), times(in.c2, in.a12)) / determinant),
                      half_with_sign(minus(times(in.c2, in.a11), times(in.c1, in.a12)) / determinant)};
  if (next.first == pair.first && next.second == pair.second) return false;
  pair = next;
  return true;
}

/*
 * The best of all pairs from all starts. sums_of(levels): DualSums of the group with these four levels; on a device in every lane
 * of a warp, which agree.
 */
template <class SumsOf>
BL_SHARED DualPair fit_dual(double absmax, SumsOf sums_of) {
  DualPair best{0, 0};
  double least = HUGE_VAL;
  for (int start = 0; start < DUAL_STARTS; ++start) {
    DualPair pair = dual_start(start, absmax);
    for (int round = 0; round < DUAL_ROUNDS; ++round) {
      const double levels[4] = {dual_level(0, pair), dual_level(1, pair), dual_level(2, pair), dual_level(3, pair)};
      const DualSums sums = sums_of(levels);
      // A NaN is kept: levels beyond half precision must be seen.
      if (sums.error < least || sums.error != sums.error) {
        least = sums.error;
        best = pair;
      }
      if (!next_pair(sums, pair)) break;
    }
  }
  return best;
}

}  // namespace binary
}  // namespace bl

#endif
