/* The rung tensor_core as op.cu sees it; each element type is a translation unit, for they compile for long. */
#ifndef BITLOSS_ATTENTION_TENSOR_CORE_H
#define BITLOSS_ATTENTION_TENSOR_CORE_H

#include "problem.cuh"

namespace bl::attention {

int launch_tensor_core_f16(const Problem &problem, cudaStream_t stream);
int launch_tensor_core_bf16(const Problem &problem, cudaStream_t stream);

}  // namespace bl::attention

#endif
