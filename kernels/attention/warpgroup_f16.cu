#include "warpgroup.cuh"
#include "warpgroup.h"

namespace bl::attention {

int launch_warpgroup_f16(const Problem &problem, cudaStream_t stream) {
  return launch_warpgroup<__half>(problem, stream);
}

}  // namespace bl::attention
