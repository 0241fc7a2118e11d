#include "tensor_core.cuh"
#include "tensor_core.h"

namespace bl::attention {

int launch_tensor_core_bf16(const Problem &problem, cudaStream_t stream) {
  return launch_tensor_core<__nv_bfloat16>(problem, stream);
}

}  // namespace bl::attention
