/* One thread an item: how many blocks that takes, and which item a thread has. */
#ifndef BITLOSS_QUANTIZE_ITEMS_CUH
#define BITLOSS_QUANTIZE_ITEMS_CUH

#include "../common.cuh"

namespace bl {
namespace quantize {

constexpr int THREADS = 256;

inline unsigned blocks_for(int64_t items) { return static_cast<unsigned>(divide_up(items, THREADS)); }

__device__ __forceinline__ int64_t item() { return blockIdx.x * static_cast<int64_t>(THREADS) + threadIdx.x; }

}  // namespace quantize
}  // namespace bl

#endif
