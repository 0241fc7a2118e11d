/* The rung warpgroup as op.cu sees it; each element type is a translation unit, for they compile for long. */
#ifndef BITLOSS_ATTENTION_WARPGROUP_H
#define BITLOSS_ATTENTION_WARPGROUP_H

#include "problem.cuh"

namespace bl::attention {

int launch_warpgroup_f16(const Problem &problem, cudaStream_t stream);
int launch_warpgroup_bf16(const Problem &problem, cudaStream_t stream);
/* Whether the current device is of compute capability 9.0 and this library has code for it (sm_90a). */
bool has_warpgroups();

}  // namespace bl::attention

#endif
