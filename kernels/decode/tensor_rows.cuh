/*
 * Linear layers of few rows on tensor cores. Idea: the weights are the large operand of the instruction (16 features by
 * 16 values), the texts the small one (8 columns), so that up to 64 texts cost one pass over the weights, and each
 * text's sums are the same whatever stands in the other columns. A block computes 16 features; its 8 warps take 64
 * values each in turn, 128 bytes of every row, straight from memory to registers: four 16-byte loads a thread and step,
 * two steps ahead, the first ones before the kernel waits for its input.
 * Which four of 16 values a thread holds does not matter as long as weights and texts agree, so that both are read as
 * they lie. Bound: memory bandwidth, 2·N·K bytes.
 */
#ifndef BITLOSS_DECODE_TENSOR_ROWS_CUH
#define BITLOSS_DECODE_TENSOR_ROWS_CUH

#include "../instructions/fragments.cuh"
#include "linear.cuh"

namespace bl {

constexpr int ROWS_WARPS = 8;
/* Values of one step of a warp. */
constexpr int ROWS_STEP = 64;
constexpr int ROWS_AHEAD = 2;
/* Texts of one block at most. */
constexpr int ROWS_TEXTS = 64;

/* Read once, by one block. */
__device__ __forceinline__ uint4 load_weights(const void *from) {
  uint4 value;
  asm volatile("ld.global.nc.L1::no_allocate.L2::128B.v4.u32 {%0, %1, %2, %3}, [%4];"
               : "=r"(value.x), "=r"(value.y), "=r"(value.z), "=r"(value.w)
               : "l"(from));
  return value;
}

/* TILES: groups of 8 texts. K is a multiple of 8; rows of x and w start at multiples of 16 bytes. */
template <class T, int TILES>
__global__ void __launch_bounds__(32 * ROWS_WARPS) tensor_rows(FewRows all) {
  __shared__ float sums[ROWS_WARPS][16][TILES * 8 + 1];
  let_next_start();
  const FewRows p = own_texts<T>(all);
  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32, group = lane / 4, quad = lane % 4;
  const int64_t K = p.K, features = p.gated ? 8 : 16, first = blockIdx.x * features;
  // Rows beyond the last feature are read as the last one and never stored.
  const int64_t low = min(first + group, p.N - 1), high = p.gated ? p.N + low : min(first + group + 8, p.N - 1);
  const T *rows[2] = {static_cast<const T *>(p.w) + low * K, static_cast<const T *>(p.w) + high * K};
  const T *x = static_cast<const T *>(p.x);
  const int64_t steps = (K + ROWS_STEP - 1) / ROWS_STEP;

  uint4 ahead[ROWS_AHEAD][2][2];
  auto fetch = [&](int place, int64_t step) {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const int64_t k = step * ROWS_STEP + half * 32 + quad * 8;
#pragma unroll
      for (int row = 0; row < 2; ++row)
        ahead[place][half][row] = k < K ? load_weights(rows[row] + k) : make_uint4(0, 0, 0, 0);
    }
  };
#pragma unroll
  for (int place = 0; place < ROWS_AHEAD; ++place) fetch(place, warp + place * ROWS_WARPS);
  wait_for_previous();

  float c[TILES][4] = {};
  for (int64_t from = warp; from < steps; from += ROWS_AHEAD * ROWS_WARPS) {
#pragma unroll
    for (int place = 0; place < ROWS_AHEAD; ++place) {
      const int64_t step = from + place * ROWS_WARPS;
#pragma unroll
      for (int half = 0; half < 2; ++half) {
        const int64_t k = step * ROWS_STEP + half * 32 + quad * 8;
        const uint4 a = ahead[place][half][0], b = ahead[place][half][1];
#pragma unroll
        for (int tile = 0; tile < TILES; ++tile) {
          const int text = tile * 8 + group;
          uint4 v = make_uint4(0, 0, 0, 0);
          if (text < p.B && k < K) v = *reinterpret_cast<const uint4 *>(x + text * p.x_stride + k);
          multiply_add<T>(c[tile], {a.x, b.x, a.y, b.y}, v.x, v.y);
          multiply_add<T>(c[tile], {a.z, b.z, a.w, b.w}, v.z, v.w);
        }
      }
      fetch(place, step + ROWS_AHEAD * ROWS_WARPS);
    }
  }
#pragma unroll
  for (int tile = 0; tile < TILES; ++tile) {
    const int column = tile * 8 + quad * 2;
    sums[warp][group][column] = c[tile][0];
    sums[warp][group][column + 1] = c[tile][1];
    sums[warp][group + 8][column] = c[tile][2];
    sums[warp][group + 8][column + 1] = c[tile][3];
  }
  __syncthreads();
  for (int i = threadIdx.x; i < p.B * features; i += 32 * ROWS_WARPS) {
    const int feature = static_cast<int>(i % features), text = static_cast<int>(i / features);
    if (first + feature >= p.N) continue;
    float sum = 0, up = 0;
#pragma unroll
    for (int part = 0; part < ROWS_WARPS; ++part) {
      sum += sums[part][feature][text];
      if (p.gated) up += sums[part][feature + 8][text];
    }
    finish<T>(p, text, first + feature, sum, up);
  }
}

}  // namespace bl

#endif
