/*
 * Packs: a few neighbouring elements as floats, read and written in the widest accesses that their address allows. A pack
 * that is not aligned, or that ends behind its row, goes element by element; which thread holds what never depends on it.
 */
#ifndef BITLOSS_ELEMENTWISE_PACK_CUH
#define BITLOSS_ELEMENTWISE_PACK_CUH

#include "../common.cuh"

namespace bl {

template <int BYTES>
struct Raw;
template <>
struct Raw<16> {
  using type = uint4;
};
template <>
struct Raw<8> {
  using type = uint2;
};
template <>
struct Raw<4> {
  using type = uint1;
};

/* Elements of one access of a pack of N: 16 bytes at most. */
template <int N, class T>
constexpr int pack_step = N < lanes_of<T> ? N : lanes_of<T>;

/* values[i] = from[i], 0 from i = left on. `aligned`: `from` is a multiple of one access. */
template <int N, class T>
__device__ __forceinline__ void load_pack(const T *from, int64_t left, bool aligned, float (&values)[N]) {
  constexpr int STEP = pack_step<N, T>;
  using Access = typename Raw<STEP * sizeof(T)>::type;
  if (aligned && left >= N) {
    Access raw[N / STEP];
#pragma unroll
    for (int j = 0; j < N / STEP; ++j) raw[j] = reinterpret_cast<const Access *>(from)[j];
#pragma unroll
    for (int i = 0; i < N; ++i) values[i] = to_float(reinterpret_cast<const T *>(raw)[i]);
    return;
  }
#pragma unroll
  for (int i = 0; i < N; ++i) values[i] = i < left ? to_float(from[i]) : 0.0f;
}

/* to[i] = values[i] for i < left. */
template <int N, class T>
__device__ __forceinline__ void store_pack(T *to, int64_t left, bool aligned, const float (&values)[N]) {
  constexpr int STEP = pack_step<N, T>;
  using Access = typename Raw<STEP * sizeof(T)>::type;
  if (aligned && left >= N) {
    alignas(16) T raw[N];
#pragma unroll
    for (int i = 0; i < N; ++i) raw[i] = from_float<T>(values[i]);
#pragma unroll
    for (int j = 0; j < N / STEP; ++j) reinterpret_cast<Access *>(to)[j] = reinterpret_cast<const Access *>(raw)[j];
    return;
  }
#pragma unroll
  for (int i = 0; i < N; ++i) {
    if (i < left) to[i] = from_float<T>(values[i]);
  }
}

/* Whether packs of N elements that start at multiples of N in rows `stride` apart can be accessed whole. */
template <int N, class T>
bool packs_fit(bl_ptr address, int64_t stride) {
  constexpr int STEP = pack_step<N, T>;
  return address % (STEP * sizeof(T)) == 0 && stride % STEP == 0;
}

}  // namespace bl

#endif
