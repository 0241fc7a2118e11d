/* What attention does with fragments besides multiplying them: packing, rows of output, fast powers. */
#ifndef BITLOSS_ATTENTION_FRAGMENTS_CUH
#define BITLOSS_ATTENTION_FRAGMENTS_CUH

#include "../instructions/fragments.cuh"

namespace bl::attention {

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
