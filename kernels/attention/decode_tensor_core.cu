#include "decode_tensor_core.cuh"

namespace bl::attention {

int launch_decode_tensor_core(const bl_context *ctx, int dtype, const DecodeProblem &problem, int64_t B,
                              cudaStream_t stream) {
  return dtype == BL_F16 ? launch_decode_tensor_core<__half>(ctx, problem, B, stream)
                         : launch_decode_tensor_core<__nv_bfloat16>(ctx, problem, B, stream);
}

}  // namespace bl::attention
