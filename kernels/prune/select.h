/* The selection of pruning, for the exported functions of this library that need it on the way. */
#ifndef BITLOSS_PRUNE_SELECT_H
#define BITLOSS_PRUNE_SELECT_H

#include "../common.cuh"

namespace bl {
namespace prune {

/* `segments` runs of `length` scores, one after the other; where the answer for score i goes: kept[i / columns · stride + i % columns]. */
struct Selection {
  /* At least 0; not NaN. */
  const double *scores;
  int64_t segments, length;
  /* Of every segment. */
  int64_t count;
  uint8_t *kept;
  int64_t columns, stride;
  /* As bl_drop_smallest. */
  void *scratch;
};

int drop_smallest(const char *op, const Selection &in, cudaStream_t stream);

}  // namespace prune
}  // namespace bl

#endif
