/* What belongs to no operation: the text of the last failure of a reference on this thread, and random numbers. */
#include <random>

#include "bl_reference.h"

BL_EXPORT const char *blr_message(void) { return bl::message; }

/* Other numbers than those of a device, of the same distribution. */
BL_EXPORT int blr_random(int dtype, void *out, int64_t n, float deviation, uint64_t seed) {
  std::mt19937_64 bits(seed);
  std::normal_distribution<float> normal(0, deviation);
  for (int64_t i = 0; i < n; ++i) bl::store(dtype, out, i, normal(bits));
  return BL_OK;
}
