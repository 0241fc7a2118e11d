/*
 * Barriers in shared memory (mbarrier), copies that complete on them, and turns between warpgroups.
 * Source: PTX ISA 8.7, sections 9.7.13.15 and 9.7.9.27; what needs sm_90 is left out of other builds.
 */
#ifndef BITLOSS_ATTENTION_BARRIERS_CUH
#define BITLOSS_ATTENTION_BARRIERS_CUH

#include <cuda.h>

#include "fragments.cuh"

#ifdef __CUDA_ARCH_FEAT_SM90_ALL
#define BL_HAS_WARPGROUPS 1
#else
#define BL_HAS_WARPGROUPS 0
#endif

namespace bl::attention {

#if BL_HAS_WARPGROUPS

__device__ __forceinline__ void barrier_init(unsigned barrier, unsigned arrivals) {
  asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(barrier), "r"(arrivals) : "memory");
}

__device__ __forceinline__ void barrier_arrive(unsigned barrier) {
  asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" ::"r"(barrier) : "memory");
}

/* Arrives once all copies that this thread has started have landed. */
__device__ __forceinline__ void barrier_arrive_after_copies(unsigned barrier) {
  asm volatile("cp.async.mbarrier.arrive.noinc.shared::cta.b64 [%0];" ::"r"(barrier) : "memory");
}

/* Waits until the phase of this parity is over. */
__device__ __forceinline__ void barrier_wait(unsigned barrier, unsigned parity) {
  asm volatile(
      "{\n"
      ".reg .pred over;\n"
      "again:\n"
      "mbarrier.try_wait.parity.shared::cta.b64 over, [%0], %1;\n"
      "@over bra done;\n"
      "bra again;\n"
      "done:\n"
      "}\n" ::"r"(barrier),
      "r"(parity)
      : "memory");
}

/* Arrives, and lets the phase wait for `bytes` that the copy engine will write. */
__device__ __forceinline__ void barrier_arrive_expecting(unsigned barrier, unsigned bytes) {
  asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(barrier), "r"(bytes) : "memory");
}

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
