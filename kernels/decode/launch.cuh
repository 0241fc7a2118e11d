/*
 * Launches whose start overlaps with the end of the kernel before them on the stream (programmatic dependent launch,
 * compute capability 9.0). A decode step is a chain of kernels of a few microseconds; what each can do without the
 * results of the one before, such as fetching weights, it does while that one still runs.
 */
#ifndef BITLOSS_DECODE_LAUNCH_CUH
#define BITLOSS_DECODE_LAUNCH_CUH

#include "../common.cuh"
#include "../context/context.h"

namespace bl {

/* Lets the next kernel start as soon as all blocks of this one run. */
__device__ __forceinline__ void let_next_start() {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.launch_dependents;" ::: "memory");
#endif
}

/* Waits until everything queued before is done and visible. Every thread calls it, and writes nothing before. */
__device__ __forceinline__ void wait_for_previous() {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.wait;" ::: "memory");
#endif
}

/* `shared`: bytes of dynamic shared memory; 0 for most. */
template <class... Parameters, class... Arguments>
int launch_early(const bl_context *ctx, const char *op, void (*kernel)(Parameters...), dim3 grid, dim3 block,
                 size_t shared, cudaStream_t stream, Arguments... arguments) {
  cudaLaunchAttribute early = {};
  early.id = cudaLaunchAttributeProgrammaticStreamSerialization;
  early.val.programmaticStreamSerializationAllowed = 1;
  cudaLaunchConfig_t config = {};
  config.gridDim = grid;
  config.blockDim = block;
  config.dynamicSmemBytes = shared;
  config.stream = stream;
  config.attrs = &early;
  config.numAttrs = ctx->capability >= 90 ? 1 : 0;
  BL_CUDA_TRY(op, cudaLaunchKernelEx(&config, kernel, static_cast<Parameters>(arguments)...));
  return BL_OK;
}

}  // namespace bl

#endif
