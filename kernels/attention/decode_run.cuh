/* What a block of decoding does with one run of keys: scores for several heads, and weighted sums of values. */
#ifndef BITLOSS_ATTENTION_DECODE_RUN_CUH
#define BITLOSS_ATTENTION_DECODE_RUN_CUH

#include "decode_problem.cuh"

namespace bl::attention {

constexpr int decode_warps = 8, decode_threads = 32 * decode_warps;
/* Keys that a lane has in flight. */
constexpr int decode_unroll = 4;

/* Lanes that share a vector of `chunks` chunks: a power of two, 32 at most. */
__device__ __forceinline__ int lanes_for(int chunks) {
  int lanes = 1;
  while (lanes < chunks && lanes < 32) lanes *= 2;
  return lanes;
}

/* E elements at once: 16 bytes, or one element. */
template <class T, int E>
__device__ __forceinline__ void load_elements(float (&to)[E], const T *from) {
  if constexpr (E == 1) {
    to[0] = to_float(from[0]);
  } else {
    const Vector<T> vector = load_vector(from);
#pragma unroll
    for (int i = 0; i < E; i += 1) to[i] = to_float(vector.values[i]);
  }
}

/* Neighbouring float32 in shared memory; `from` is a multiple of 16 bytes where E is one of 4. */
template <int E>
__device__ __forceinline__ void load_shared(float (&to)[E], const float *from) {
  if constexpr (E % 4 != 0) {
#pragma unroll
    for (int i = 0; i < E; i += 1) to[i] = from[i];
  } else {
#pragma unroll
    for (int i = 0; i < E; i += 4) {
      const float4 four = *reinterpret_cast<const float4 *>(from + i);
      to[i] = four.x, to[i + 1] = four.y, to[i + 2] = four.z, to[i + 3] = four.w;
    }
  }
}

/*
 * Adds up each of COUNT values over `lanes` neighbouring lanes and calls store(index, sum) once for each. At every step
 * two lanes share the values that both still have, so that COUNT values cost little more than one.
 */
template <int COUNT, class Store>
__device__ __forceinline__ void sum_lanes(float (&values)[COUNT], int lanes, Store &&store) {
  const int part = threadIdx.x % lanes;
  int distance = lanes / 2, first = 0, size = COUNT;
#pragma unroll
  for (int step = 1; step < COUNT; step *= 2) {
    const int half = COUNT / 2 / step;
    if (distance > 0) {
      const bool is_upper = (part & distance) != 0;
#pragma unroll
      for (int i = 0; i < COUNT / 2; i += 1) {
        if (i >= half) break;
        const float sent = is_upper ? values[i] : values[i + half], kept = is_upper ? values[i + half] : values[i];
        values[i] = kept + __shfl_xor_sync(0xffffffffu, sent, distance);
      }
      first += is_upper ? half : 0;
      size = half;
      distance /= 2;
    }
  }
  const bool is_owner = (part & max(2 * distance - 1, 0)) == 0;
  for (; distance > 0; distance /= 2) values[0] += __shfl_xor_sync(0xffffffffu, values[0], distance);
#pragma unroll
  for (int i = 0; i < COUNT; i += 1) {
    if (i < size && is_owner) store(first + i, values[i]);
  }
}

/* store(h, key, product) for `count` keys and HEADS heads; q float32 [HEADS, dim] in shared memory. */
template <class T, int HEADS, int E, class Store>
__device__ __forceinline__ void score_run(const T *keys, int64_t width, const int *rows, int count, const float *q,
                                          int dim, Store &&store) {
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  const int chunks = dim / E, lanes = lanes_for(chunks), together = 32 / lanes;
  const int step = together * decode_unroll;
  for (int start = warp * step; start < count; start += decode_warps * step) {
    float sums[decode_unroll * HEADS] = {};
    for (int chunk = lane % lanes; chunk < chunks; chunk += lanes) {
      float parts[decode_unroll][E];
#pragma unroll
      for (int u = 0; u < decode_unroll; u += 1) {
        // Keys behind the last are read as the last, and not stored.
        const int key = min(start + u * together + lane / lanes, count - 1);
        load_elements<T, E>(parts[u], keys + rows[key] * width + chunk * E);
      }
#pragma unroll
      for (int h = 0; h < HEADS; h += 1) {
        float query[E];
        load_shared(query, q + h * dim + chunk * E);
#pragma unroll
        for (int e = 0; e < E; e += 1) {
#pragma unroll
          for (int u = 0; u < decode_unroll; u += 1) {
            sums[u * HEADS + h] = fmaf(query[e], parts[u][e], sums[u * HEADS + h]);
          }
        }
      }
    }
    __syncwarp();
    sum_lanes(sums, lanes, [&](int index, float product) {
      const int key = start + index / HEADS * together + lane / lanes;
      if (key < count) store(index % HEADS, key, product);
    });
  }
}

/* mixed[h][d] = Σ weights[h][key] · value of key, for the keys of this warp; `to` is the warp's [HEADS, dim]. */
template <class T, int HEADS, int E>
__device__ __forceinline__ void mix_run(const T *values, int64_t width, const int *rows, int count,
                                        const float (*weights)[plain_run_keys], int dim, float *to) {
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  const int chunks = dim / E, lanes = lanes_for(chunks), together = 32 / lanes, part = lane % lanes;
  const int step = together * decode_unroll;
  for (int first = 0; first < chunks; first += lanes) {
    const int chunk = min(first + part, chunks - 1);
    float sums[HEADS][E] = {};
    for (int start = warp * step; start < count; start += decode_warps * step) {
      float parts[decode_unroll][E];
#pragma unroll
      for (int u = 0; u < decode_unroll; u += 1) {
        const int key = min(start + u * together + lane / lanes, count - 1);
        load_elements<T, E>(parts[u], values + rows[key] * width + chunk * E);
      }
#pragma unroll
      for (int u = 0; u < decode_unroll; u += 1) {
        const int key = start + u * together + lane / lanes;
#pragma unroll
        for (int h = 0; h < HEADS; h += 1) {
          const float weight = key < count ? weights[h][key] : 0.f;
#pragma unroll
          for (int e = 0; e < E; e += 1) sums[h][e] = fmaf(weight, parts[u][e], sums[h][e]);
        }
      }
    }
    __syncwarp();
#pragma unroll
    for (int h = 0; h < HEADS; h += 1) {
#pragma unroll
      for (int e = 0; e < E; e += 1) {
        for (int distance = lanes; distance < 32; distance *= 2) {
          sums[h][e] += __shfl_xor_sync(0xffffffffu, sums[h][e], distance);
        }
        if (lane < lanes && first + part < chunks) to[h * dim + chunk * E + e] = sums[h][e];
      }
    }
  }
}

}  // namespace bl::attention

#endif
