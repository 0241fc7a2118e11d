/*
 * What kernels of several warpgroups are made of (sm_90a): barriers in shared memory (mbarrier) that copies complete on,
 * the hand-over of registers, and the order of asynchronous products (wgmma). Other builds leave it out.
 * Source: PTX ISA 8.7, sections 9.7.13.15, 9.7.15 and 9.7.19.5.
 */
#ifndef BITLOSS_INSTRUCTIONS_WARPGROUPS_CUH
#define BITLOSS_INSTRUCTIONS_WARPGROUPS_CUH

#include "fragments.cuh"

#ifdef __CUDA_ARCH_FEAT_SM90_ALL
#define BL_HAS_WARPGROUPS 1
#else
#define BL_HAS_WARPGROUPS 0
#endif

namespace bl {

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

/* Makes initialized barriers visible to the copy engine. */
__device__ __forceinline__ void fence_barriers() {
  asm volatile("fence.mbarrier_init.release.cluster;\nfence.proxy.async;" ::: "memory");
}

template <int COUNT>
__device__ __forceinline__ void registers_grow() {
  asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;" ::"n"(COUNT));
}

template <int COUNT>
__device__ __forceinline__ void registers_shrink() {
  asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;" ::"n"(COUNT));
}

/* Before products that read or write registers which other instructions touched. */
__device__ __forceinline__ void products_begin() { asm volatile("wgmma.fence.sync.aligned;" ::: "memory"); }

__device__ __forceinline__ void products_commit() { asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory"); }

template <int PENDING>
__device__ __forceinline__ void products_wait() {
  asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(PENDING) : "memory");
}

/*
 * A matrix in shared memory as panels of 64 columns, 128 bytes a row, whose 16-byte chunks are permuted by the row's
 * number modulo 8; a panel begins at a multiple of 1024 bytes. `leading`: bytes between panels where they lie along the
 * product's long side, else not used.
 */
__device__ __forceinline__ uint64_t describe(unsigned address, unsigned leading) {
  constexpr uint64_t eight_rows = 1024, swizzle_128 = 1;
  return (address & 0x3ffff) >> 4 | uint64_t(leading >> 4) << 16 | eight_rows >> 4 << 32 | swizzle_128 << 62;
}

#endif

}  // namespace bl

#endif
