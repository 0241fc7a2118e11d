/* Chooses the experts of a token: one warp a token, all probabilities in registers and shared memory. */
#ifndef BITLOSS_EXPERTS_PICK_CUH
#define BITLOSS_EXPERTS_PICK_CUH

#include "../common.cuh"
#include "checks.h"

namespace bl::experts {

constexpr unsigned ALL = 0xffffffffu;

/** What eval/engines/routing.ts calls a RoutingRule. */
struct Rule {
  int E, k, renormalize;
  float factor;
  int groups, groups_per_token; /* groups 0: none */
};

/** A value and its place; the larger value wins, of equal ones the lower place. */
struct Best {
  float value;
  int place;
};

__device__ inline Best better(Best a, Best b) {
  return b.value > a.value || (b.value == a.value && b.place < a.place) ? b : a;
}

__device__ inline Best warp_best(Best own) {
  for (int step = 16; step > 0; step /= 2) {
    const Best other = {__shfl_xor_sync(ALL, own.value, step), __shfl_xor_sync(ALL, own.place, step)};
    own = better(own, other);
  }
  return own;
}

/**
 * Finds the place of the largest of `count` scores in shared memory and sets that score to `taken`, below all others.
 * Called by a whole warp.
 */
__device__ inline int take_best(float *scores, int count, float taken) {
  const int lane = threadIdx.x % 32;
  Best own = {-INFINITY, count};
  for (int place = lane; place < count; place += 32) own = better(own, {scores[place], place});
  const int place = min(warp_best(own).place, count - 1);
  __syncwarp();
  if (lane == 0) scores[place] = taken;
  __syncwarp();
  return place;
}

/** Shuts the experts outside the best groups; a group is as good as its best expert. `best`: scratch [groups]. */
__device__ inline void shut_groups(const Rule &rule, float *keys, float *best) {
  const int lane = threadIdx.x % 32;
  const int size = rule.E / rule.groups;
  for (int group = lane; group < rule.groups; group += 32) {
    float highest = -INFINITY;
    for (int i = 0; i < size; ++i) highest = fmaxf(highest, keys[group * size + i]);
    best[group] = highest;
  }
  __syncwarp();
  // A group that was taken is marked with infinity, which no probability reaches.
  for (int round = 0; round < rule.groups_per_token; ++round) {
    Best own = {-INFINITY, rule.groups};
    for (int group = lane; group < rule.groups; group += 32)
      if (best[group] < INFINITY) own = better(own, {best[group], group});
    const int group = min(warp_best(own).place, rule.groups - 1);
    __syncwarp();
    if (lane == 0) best[group] = INFINITY;
    __syncwarp();
  }
  for (int expert = lane; expert < rule.E; expert += 32)
    if (best[expert / size] < INFINITY) keys[expert] = -INFINITY;
  __syncwarp();
}

/**
 * One token: logits [E] → chosen [k], best first, and shares [k]. Called by a whole warp; `keys` and `best`: its own
 * shared memory, MAX_EXPERTS values each.
 */
__device__ inline void pick(const Rule &rule, const float *logits, int32_t *chosen, float *shares, float *keys,
                            float *best) {
  const int lane = threadIdx.x % 32;
  float p[MAX_EXPERTS / 32];
  float highest = -INFINITY;
#pragma unroll
  for (int i = 0; i < MAX_EXPERTS / 32; ++i) {
    const int expert = lane + 32 * i;
    p[i] = expert < rule.E ? logits[expert] : -INFINITY;
    highest = fmaxf(highest, p[i]);
  }
  for (int step = 16; step > 0; step /= 2) highest = fmaxf(highest, __shfl_xor_sync(ALL, highest, step));
  float sum = 0;
#pragma unroll
  for (int i = 0; i < MAX_EXPERTS / 32; ++i) {
    p[i] = lane + 32 * i < rule.E ? expf(p[i] - highest) : 0;
    sum += p[i];
  }
  for (int step = 16; step > 0; step /= 2) sum += __shfl_xor_sync(ALL, sum, step);
#pragma unroll
  for (int i = 0; i < MAX_EXPERTS / 32; ++i) {
    p[i] = p[i] / sum;
    // NaN orders with nothing; below every probability it still leaves k different experts to choose.
    if (lane + 32 * i < rule.E) keys[lane + 32 * i] = isnan(p[i]) ? -1 : p[i];
  }
  __syncwarp();
  if (rule.groups > 0) shut_groups(rule, keys, best);
  // Lane j keeps the j-th choice.
  int own = 0;
  for (int j = 0; j < rule.k; ++j) {
    const int expert = take_best(keys, rule.E, -INFINITY);
    if (lane == j) own = expert;
  }
  float own_p = 0;
  for (int j = 0; j < rule.k; ++j) {
    const int expert = __shfl_sync(ALL, own, j);
    float found = 0;
#pragma unroll
    for (int i = 0; i < MAX_EXPERTS / 32; ++i)
      if (expert / 32 == i) found = p[i];
    found = __shfl_sync(ALL, found, expert % 32);
    if (lane == j) own_p = found;
  }
  double total = rule.renormalize ? 0 : 1;
  if (rule.renormalize)
    for (int j = 0; j < rule.k; ++j) total += static_cast<double>(__shfl_sync(ALL, own_p, j));
  if (lane < rule.k) {
    chosen[lane] = own;
    shares[lane] = static_cast<float>(own_p / total * rule.factor);
  }
}

}  // namespace bl::experts

#endif
