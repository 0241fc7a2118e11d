/* Boxes of heads by the copy engine, and turns between warpgroups (sm_90a). Source: PTX ISA 8.7, section 9.7.9.27. */
#ifndef BITLOSS_ATTENTION_BARRIERS_CUH
#define BITLOSS_ATTENTION_BARRIERS_CUH

#include <cuda.h>

#include "../instructions/warpgroups.cuh"
#include "fragments.cuh"

namespace bl::attention {

#if BL_HAS_WARPGROUPS

/* The copy engine writes the box of a tensor map that begins at (column, head, row) to shared memory. */
__device__ __forceinline__ void copy_box(unsigned to, const CUtensorMap *map, int column, int head, int row,
                                         unsigned barrier) {
  asm volatile(
      "cp.async.bulk.tensor.3d.shared::cluster.global.tile.mbarrier::complete_tx::bytes [%0], [%1, {%2, %3, %4}], [%5];" ::
          "r"(to),
      "l"(map), "r"(column), "r"(head), "r"(row), "r"(barrier)
      : "memory");
}

/* Two warpgroups take turns: `wait` until the other has passed the turn to `turn`, a barrier number of this one's. */
__device__ __forceinline__ void turn_wait(int turn) { asm volatile("bar.sync %0, 256;" ::"r"(turn) : "memory"); }

__device__ __forceinline__ void turn_pass(int turn) { asm volatile("bar.arrive %0, 256;" ::"r"(turn) : "memory"); }

#endif

}  // namespace bl::attention

#endif
