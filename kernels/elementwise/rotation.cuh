/*
 * A vector in shared memory times R = D·(H ⊗ C) (eval/math/rotation.ts), by all threads of a block. Butterflies of up to 16
 * values are done in registers, so that shared memory is read and written once for four of them; the factor of odd order is
 * a product with a table of its cosines. What a thread computes depends on the width alone.
 */
#ifndef BITLOSS_ELEMENTWISE_ROTATION_CUH
#define BITLOSS_ELEMENTWISE_ROTATION_CUH

#include "../common.cuh"

namespace bl {

constexpr int MOST_ODD = 512;

/* One gap after 32 values: neighbours at strides of powers of two then lie in different banks. */
__host__ __device__ __forceinline__ int padded(int i) { return i + (i >> 5); }

__device__ __forceinline__ bool is_negative(int seed, int k) {
  uint32_t z = static_cast<uint32_t>(seed) + static_cast<uint32_t>(k + 1) * 0x9e3779b9u;
  z = (z ^ (z >> 16)) * 0x85ebca6bu;
  z = (z ^ (z >> 13)) * 0xc2b2ae35u;
  return ((z ^ (z >> 16)) & 1u) != 0u;
}

/* A width and where its vector and table are; made by every thread alike. */
template <class A>
struct Rotation {
  A *x;      // [padded(width)]
  A *table;  // [odd]
  int width, odd, power, seed;

  __device__ __forceinline__ A &at(int i) const { return x[padded(i)]; }

  /* Fills the table; a barrier must follow. */
  __device__ void prepare() const {
    const A root = rsqrt(static_cast<A>(odd));
    for (int i = threadIdx.x; i < odd; i += blockDim.x) {
      A sine, cosine;
      const A turn = static_cast<A>(2 * i) / static_cast<A>(odd);
      if constexpr (sizeof(A) == 8) sincospi(turn, &sine, &cosine);
      else sincospif(turn, &sine, &cosine);
      table[i] = (cosine + sine) * root;
    }
  }

  /* B stages of butterflies, the first between neighbours `step` apart. */
  template <int B>
  __device__ void butterflies(int step) const {
    constexpr int N = 1 << B;
    const A scale = B == 4 ? A(0.25) : B == 3 ? A(0.35355339059327376220) : B == 2 ? A(0.5) : A(0.70710678118654752440);
    for (int t = threadIdx.x; t < width / N; t += blockDim.x) {
      const int first = t / step * (step * N) + t % step;
      A values[N];
#pragma unroll
      for (int i = 0; i < N; ++i) values[i] = at(first + i * step);
#pragma unroll
      for (int half = 1; half < N; half *= 2) {
#pragma unroll
        for (int i = 0; i < N; ++i) {
          if ((i & half) != 0) continue;
          const A a = values[i], b = values[i + half];
          values[i] = a + b;
          values[i + half] = a - b;
        }
      }
#pragma unroll
      for (int i = 0; i < N; ++i) at(first + i * step) = values[i] * scale;
    }
    __syncthreads();
  }

  /* Runs of `odd` neighbours times C: the threads of a part of a warp share a run. */
  __device__ void hartley() const {
    int lanes = 1;
    while (lanes < 32 && lanes < odd) lanes *= 2;
    const int lane = threadIdx.x & (lanes - 1);
    const int runs = width / odd, runs_at_once = blockDim.x / lanes;
    for (int base = 0; base < runs; base += runs_at_once) {
      const int run = base + threadIdx.x / lanes;
      A sums[MOST_ODD / 32];
#pragma unroll
      for (int part = 0; part < MOST_ODD / 32; ++part) {
        const int i = part * lanes + lane;
        if (part * lanes >= odd) break;
        A sum = 0;
        for (int j = 0, place = 0; j < odd && i < odd && run < runs; ++j) {
          sum += at(run * odd + j) * table[place];
          place += i;
          if (place >= odd) place -= odd;
        }
        sums[part] = sum;
      }
      __syncwarp();
#pragma unroll
      for (int part = 0; part < MOST_ODD / 32; ++part) {
        const int i = part * lanes + lane;
        if (part * lanes >= odd) break;
        if (i < odd && run < runs) at(run * odd + i) = sums[part];
      }
    }
    __syncthreads();
  }

  /* Both factors, which are their own inverses. Barriers before it, and after it as it ends. */
  __device__ void mix() const {
    int left = power, step = odd;
    for (; left >= 16; left /= 16, step *= 16) butterflies<4>(step);
    if (left == 8) butterflies<3>(step);
    if (left == 4) butterflies<2>(step);
    if (left == 2) butterflies<1>(step);
    if (odd > 1) hartley();
  }
};

/* Bytes of the vector and the table. */
template <class A>
size_t rotation_bytes(int64_t width, int64_t odd) {
  return (static_cast<size_t>(padded(static_cast<int>(width))) + 1 + static_cast<size_t>(odd)) * sizeof(A);
}

/* width = power · odd; refuses what does not fit. */
inline int split_width(const char *op, int64_t width, size_t bytes_a_value, int &odd, int &power) {
  BL_REQUIRE(width >= 1 && width < INT32_MAX / 2, "%s: vectors of %lld values", op, (long long)width);
  odd = static_cast<int>(width);
  while (odd % 2 == 0) odd /= 2;
  power = static_cast<int>(width) / odd;
  if (odd > MOST_ODD)
    return fail(BL_UNSUPPORTED, "%s: the odd factor %d of %lld values is above %d", op, odd, (long long)width, MOST_ODD);
  const size_t bytes = (static_cast<size_t>(padded(static_cast<int>(width))) + 1 + odd) * bytes_a_value;
  if (bytes > 232448)
    return fail(BL_UNSUPPORTED, "%s: %lld values of %d bytes do not fit into the shared memory of a block", op,
                (long long)width, static_cast<int>(bytes_a_value));
  return BL_OK;
}

/* Threads of a block: one for eight values. */
inline unsigned rotation_threads(int64_t width) {
  unsigned threads = 32;
  while (threads < 512 && threads * 8 < width) threads *= 2;
  return threads;
}

}  // namespace bl

#endif
