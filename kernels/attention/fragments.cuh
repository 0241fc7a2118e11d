/*
 * The instructions behind the tensor_core rung: 16-byte asynchronous copies into shared memory, loads of 8×8 matrices,
 * and the m16n8k16 product. Source: PTX ISA 8.7, sections 9.7.9.25, 9.7.14.5 and 9.7.14.6.
 */
#ifndef BITLOSS_ATTENTION_FRAGMENTS_CUH
#define BITLOSS_ATTENTION_FRAGMENTS_CUH

#include "../common.cuh"

namespace bl::attention {

__device__ __forceinline__ unsigned shared_address(const void *pointer) {
  return static_cast<unsigned>(__cvta_generic_to_shared(pointer));
}

/* 16 bytes from global to shared memory; zeros where `filled` is false, and then `from` is not read. */
__device__ __forceinline__ void copy_async(unsigned to, const void *from, bool filled) {
  const int bytes = filled ? 16 : 0;
  asm volatile("cp.async.cg.shared.global.L2::128B [%0], [%1], 16, %2;" ::"r"(to), "l"(from), "r"(bytes) : "memory");
}

__device__ __forceinline__ void copies_commit() { asm volatile("cp.async.commit_group;" ::: "memory"); }

template <int PENDING>
__device__ __forceinline__ void copies_wait() {
  asm volatile("cp.async.wait_group %0;" ::"n"(PENDING) : "memory");
}

/* Four 8×8 matrices of 16-bit elements; lanes 8i … 8i + 7 give the rows of matrix i. */
__device__ __forceinline__ void load_matrices(unsigned (&to)[4], unsigned from) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
               : "r"(from)
               : "memory");
}

__device__ __forceinline__ void load_matrices_transposed(unsigned (&to)[4], unsigned from) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
               : "r"(from)
               : "memory");
}

/* sum [16, 8] += a [16, 16] · b [16, 8]. */
template <class T>
__device__ __forceinline__ void multiply_add(float (&sum)[4], const unsigned (&a)[4], unsigned b0, unsigned b1);

template <>
__device__ __forceinline__ void multiply_add<__half>(float (&sum)[4], const unsigned (&a)[4], unsigned b0, unsigned b1) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
      : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

template <>
__device__ __forceinline__ void multiply_add<__nv_bfloat16>(float (&sum)[4], const unsigned (&a)[4], unsigned b0,
                                                            unsigned b1) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
      : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

/* Two neighbours in one register, `low` first in memory. */
template <class T>
__device__ __forceinline__ unsigned pack(float low, float high);

template <>
__device__ __forceinline__ unsigned pack<__half>(float low, float high) {
  const __half2 both = __floats2half2_rn(low, high);
  return reinterpret_cast<const unsigned &>(both);
}

template <>
__device__ __forceinline__ unsigned pack<__nv_bfloat16>(float low, float high) {
  const __nv_bfloat162 both = __floats2bfloat162_rn(low, high);
  return reinterpret_cast<const unsigned &>(both);
}

/*
 * Writes a row of COUNT groups of 8 values, of which a thread holds two of each and four neighbouring lanes hold all, as
 * 16-byte stores: among four groups the lanes swap until each has a whole one. `out` is the row's begin, 16-byte aligned,
 * `width` its values, a multiple of 8. All lanes of a warp call it together; those with write false store nothing.
 */
template <class T, int COUNT>
__device__ __forceinline__ void store_row(T *out, const float (&values)[COUNT][4], int half, float factor, int width,
                                          bool write) {
  static_assert(COUNT % 4 == 0, "four groups at a time");
  const int quarter = threadIdx.x % 4;
#pragma unroll
  for (int first = 0; first < COUNT; first += 4) {
    unsigned words[4];
#pragma unroll
    for (int n = 0; n < 4; n += 1) {
      const float *pair = values[first + n] + 2 * half;
      words[n] = pack<T>(pair[0] * factor, pair[1] * factor);
    }
    // Transposes 4 × 4 words over four lanes: first single words between neighbours, then pairs.
#pragma unroll
    for (int distance = 1; distance <= 2; distance *= 2) {
      const bool is_upper = (quarter & distance) != 0;
#pragma unroll
      for (int n = 0; n < 4; n += 1) {
        if ((n & distance) != 0) continue;
        const unsigned received = __shfl_xor_sync(0xffffffffu, is_upper ? words[n] : words[n | distance], distance);
        (is_upper ? words[n] : words[n | distance]) = received;
      }
    }
    const int column = 8 * (first + quarter);
    if (write && column < width) {
      *reinterpret_cast<uint4 *>(out + column) = make_uint4(words[0], words[1], words[2], words[3]);
    }
  }
}

/* 2^x within 2 ulp; 0 for −∞. */
__device__ __forceinline__ float exp2_fast(float x) {
  float result;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(result) : "f"(x));
  return result;
}

/* 1 / x within 1 ulp; 0 for ∞. */
__device__ __forceinline__ float reciprocal_fast(float x) {
  float result;
  asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(result) : "f"(x));
  return result;
}

}  // namespace bl::attention

#endif
