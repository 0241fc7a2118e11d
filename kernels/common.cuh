/*
 * What device code of all operations shares: CUDA failures as statuses, element types, 16-byte vectors, and reductions
 * whose order is fixed.
 */
#ifndef BITLOSS_COMMON_CUH
#define BITLOSS_COMMON_CUH

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_runtime.h>

#include "common.h"

/* First line of an exported function that has a context: work goes to its device, from any thread. */
#define BL_ENTER(ctx, op) BL_TRY(bl::enter(ctx, op))

/* A CUDA runtime call inside the function `op`; a failure becomes its status. */
#define BL_CUDA_TRY(op, call)                                          \
  do {                                                                 \
    const cudaError_t bl_try_error = (call);                           \
    if (bl_try_error != cudaSuccess) return bl::cuda_failed(op, bl_try_error); \
  } while (0)

namespace bl {

/* ---- statuses ------------------------------------------------------------------------------------------------------ */

inline int cuda_failed(const char *op, cudaError_t error) {
  // Clears it where it can be cleared: the next launch must not report it again.
  cudaGetLastError();
  const int status = error == cudaErrorMemoryAllocation ? BL_OUT_OF_MEMORY : BL_CUDA;
  return fail(status, "%s: %s (%s)", op, cudaGetErrorString(error), cudaGetErrorName(error));
}

/* Status of the kernel launches of `op`. */
inline int launched(const char *op) {
  const cudaError_t error = cudaGetLastError();
  return error == cudaSuccess ? BL_OK : cuda_failed(op, error);
}

/* Makes the context's device current; defined in context/context.cu. */
int enter(const bl_context *ctx, const char *op);

inline cudaStream_t stream_of(bl_stream stream) { return reinterpret_cast<cudaStream_t>(stream); }

template <class T>
T *pointer_to(bl_ptr address) {
  return reinterpret_cast<T *>(address);
}

/* Lets a kernel use `bytes` of dynamic shared memory; needed above 48 KiB. */
template <class Kernel>
int allow_shared(const char *op, Kernel *kernel, size_t bytes) {
  if (bytes <= 48 * 1024) return BL_OK;
  const auto address = reinterpret_cast<const void *>(kernel);
  BL_CUDA_TRY(op, cudaFuncSetAttribute(address, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(bytes)));
  return BL_OK;
}

/* ---- element types ------------------------------------------------------------------------------------------------- */

template <class T>
struct Type {
  using type = T;
};

/* Calls body(Type<float | __half | __nv_bfloat16>{}) for a bl_dtype and hands on its status. */
template <class Body>
int with_dtype(const char *op, int dtype, Body &&body) {
  switch (dtype) {
    case BL_F32: return body(Type<float>{});
    case BL_F16: return body(Type<__half>{});
    case BL_BF16: return body(Type<__nv_bfloat16>{});
    default: return fail(BL_BAD_SHAPE, "%s: dtype %d is none of 0 (float32), 1 (float16), 2 (bfloat16)", op, dtype);
  }
}

__device__ __forceinline__ float to_float(float value) { return value; }
__device__ __forceinline__ float to_float(__half value) { return __half2float(value); }
__device__ __forceinline__ float to_float(__nv_bfloat16 value) { return __bfloat162float(value); }

template <class T>
__device__ __forceinline__ T from_float(float value);
template <>
__device__ __forceinline__ float from_float<float>(float value) {
  return value;
}
template <>
__device__ __forceinline__ __half from_float<__half>(float value) {
  return __float2half_rn(value);
}
template <>
__device__ __forceinline__ __nv_bfloat16 from_float<__nv_bfloat16>(float value) {
  return __float2bfloat16_rn(value);
}

/* ---- 16-byte vectors ----------------------------------------------------------------------------------------------- */

/* Elements of T in 16 bytes. */
template <class T>
constexpr int lanes_of = 16 / static_cast<int>(sizeof(T));

template <class T>
struct alignas(16) Vector {
  T values[lanes_of<T>];
};

/* `from` is a multiple of 16 bytes. */
template <class T>
__device__ __forceinline__ Vector<T> load_vector(const T *from) {
  const uint4 raw = *reinterpret_cast<const uint4 *>(from);
  return reinterpret_cast<const Vector<T> &>(raw);
}

/* For data that is read once: does not stay in L1. */
template <class T>
__device__ __forceinline__ Vector<T> load_vector_once(const T *from) {
  const uint4 raw = __ldcs(reinterpret_cast<const uint4 *>(from));
  return reinterpret_cast<const Vector<T> &>(raw);
}

template <class T>
__device__ __forceinline__ void store_vector(T *to, const Vector<T> &vector) {
  *reinterpret_cast<uint4 *>(to) = reinterpret_cast<const uint4 &>(vector);
}

/* Whether an address and the distance between rows (in elements of T) suit 16-byte accesses. */
template <class T>
bool is_aligned(bl_ptr address, int64_t stride) {
  return address % 16 == 0 && stride % lanes_of<T> == 0;
}

/* ---- reductions ---------------------------------------------------------------------------------------------------- */

/* Sum over the 32 lanes of a warp, in every lane; always the same tree. */
template <class T>
__device__ __forceinline__ T warp_sum(T value) {
#pragma unroll
  for (int step = 16; step > 0; step /= 2) value += __shfl_xor_sync(0xffffffffu, value, step);
  return value;
}

template <class T>
__device__ __forceinline__ T warp_max(T value) {
#pragma unroll
  for (int step = 16; step > 0; step /= 2) {
    const T other = __shfl_xor_sync(0xffffffffu, value, step);
    value = value > other ? value : other;
  }
  return value;
}

/* Sum over the block (whole warps, at most 1024 threads), in every thread. `shared`: room for 32 values; it may be used
   again after the call without a barrier in between. */
template <class T>
__device__ __forceinline__ T block_sum(T value, T *shared) {
  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32, warps = blockDim.x / 32;
  value = warp_sum(value);
  if (lane == 0) shared[warp] = value;
  __syncthreads();
  const T total = warp_sum(lane < warps ? shared[lane] : T(0));
  __syncthreads();
  return total;
}

/* The largest over the block; `lowest` is not above any value. */
template <class T>
__device__ __forceinline__ T block_max(T value, T *shared, T lowest) {
  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32, warps = blockDim.x / 32;
  value = warp_max(value);
  if (lane == 0) shared[warp] = value;
  __syncthreads();
  const T highest = warp_max(lane < warps ? shared[lane] : lowest);
  __syncthreads();
  return highest;
}

}  // namespace bl

#endif
