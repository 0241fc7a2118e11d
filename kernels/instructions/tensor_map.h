/* What makes tensor maps, which tell Hopper's copy engine how a matrix lies in memory. Source: CUDA Driver API. */
#ifndef BITLOSS_INSTRUCTIONS_TENSOR_MAP_H
#define BITLOSS_INSTRUCTIONS_TENSOR_MAP_H

#include <cuda.h>

#include "../common.cuh"

namespace bl {

/* The driver's cuTensorMapEncodeTiled, without linking the driver. */
inline int find_encode(const char *op, decltype(&cuTensorMapEncodeTiled) *out) {
  static decltype(&cuTensorMapEncodeTiled) found = nullptr;
  if (found == nullptr) {
    void *function = nullptr;
    cudaDriverEntryPointQueryResult result;
    BL_CUDA_TRY(op, cudaGetDriverEntryPointByVersion("cuTensorMapEncodeTiled", &function, 12000, cudaEnableDefault, &result));
    if (result != cudaDriverEntryPointSuccess || function == nullptr)
      return fail(BL_UNSUPPORTED, "%s: this driver has no cuTensorMapEncodeTiled; version 12.0 or later is needed", op);
    found = reinterpret_cast<decltype(&cuTensorMapEncodeTiled)>(function);
  }
  *out = found;
  return BL_OK;
}

}  // namespace bl

#endif
