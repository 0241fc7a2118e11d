#include <atomic>

#include "warpgroup.cuh"
#include "warpgroup.h"

namespace bl::attention {

int launch_warpgroup_bf16(const Problem &problem, cudaStream_t stream) {
  return launch_warpgroup<__nv_bfloat16>(problem, stream);
}

static bool device_has_warpgroups(int device) {
  int major = 0, minor = 0;
  if (cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device) != cudaSuccess) return false;
  if (cudaDeviceGetAttribute(&minor, cudaDevAttrComputeCapabilityMinor, device) != cudaSuccess) return false;
  if (major != 9 || minor != 0) return false;
  // Without code for sm_90a the kernel that was loaded is an empty one, and has no barriers in shared memory.
  cudaFuncAttributes attributes;
  const auto kernel = reinterpret_cast<const void *>(warpgroup_kernel<__nv_bfloat16, 64, 64>);
  return cudaFuncGetAttributes(&attributes, kernel) == cudaSuccess && attributes.sharedSizeBytes > 0;
}

bool has_warpgroups() {
  // Asked at every call; 1 and −1 are answers. Threads that find none all write the same.
  static std::atomic<signed char> known[64];
  int device = 0;
  if (cudaGetDevice(&device) != cudaSuccess || device >= 64) return false;
  if (known[device] == 0) known[device] = device_has_warpgroups(device) ? 1 : -1;
  return known[device] == 1;
}

}  // namespace bl::attention
