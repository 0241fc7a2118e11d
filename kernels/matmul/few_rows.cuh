/*
 * Rungs of bl_matmul_few, products of a few rows with a whole matrix: what counts is reading w once, at the speed of memory.
 *
 * `tensor` (16-bit, rows of 16 bytes): each warp takes 8 rows of w and up to 16 of x. The fragments of mma.m16n8k16 are
 * filled by 16-byte loads: which k stands where in a fragment does not matter, as long as x and w agree, so that a lane
 * takes 8 neighbouring k of its row. Warps of a block share the same 8 rows of w and take turns along K; their sums are
 * added in order. Expected bound: memory, 16 bytes a lane and 8 loads in flight.
 *
 * `scalar` (float32 and everything else): one warp a row of w, float32 multiply-adds, up to 8 rows of x.
 */
#ifndef BITLOSS_MATMUL_FEW_ROWS_CUH
#define BITLOSS_MATMUL_FEW_ROWS_CUH

#include "../common.cuh"

namespace bl {

/* d (16 × 8, float32) += a (16 × 16) · b (16 × 8); PTX ISA, "Matrix fragments for mma.m16n8k16". */
template <class T>
__device__ __forceinline__ void multiply_fragments(float (&d)[4], uint32_t a0, uint32_t a1, uint32_t a2, uint32_t a3,
                                                   uint32_t b0, uint32_t b1);
template <>
__device__ __forceinline__ void multiply_fragments<__half>(float (&d)[4], uint32_t a0, uint32_t a1, uint32_t a2,
                                                           uint32_t a3, uint32_t b0, uint32_t b1) {
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
               : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
               : "r"(a0), "r"(a1), "r"(a2), "r"(a3), "r"(b0), "r"(b1));
}
template <>
__device__ __forceinline__ void multiply_fragments<__nv_bfloat16>(float (&d)[4], uint32_t a0, uint32_t a1, uint32_t a2,
                                                                  uint32_t a3, uint32_t b0, uint32_t b1) {
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
               : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
               : "r"(a0), "r"(a1), "r"(a2), "r"(a3), "r"(b0), "r"(b1));
}

/* 16 bytes that are read once and need not stay in a cache. */
__device__ __forceinline__ uint4 load_streamed(const void *from) {
  uint4 value;
  asm volatile("ld.global.nc.L1::no_allocate.v4.u32 {%0,%1,%2,%3}, [%4];"
               : "=r"(value.x), "=r"(value.y), "=r"(value.z), "=r"(value.w)
               : "l"(from));
  return value;
}

constexpr int FEW_X_ROWS = 16, FEW_W_ROWS = 8, FEW_LOADS = 8;
/* k that one warp takes at a time: 4 lanes a row, 8 k a lane and load. */
constexpr int FEW_STEP = 32, FEW_CHUNK = FEW_STEP * FEW_LOADS;

/* ROWS: 8 or 16 rows of x at most; the second half of the fragments stays zero for 8. */
template <class T, class Out, int ROWS, int WARPS>
__global__ void __launch_bounds__(32 * WARPS) few_rows_tensor(const T *x, int64_t x_stride, const T *w, Out *out,
                                                              int64_t out_stride, int M, int64_t N, int64_t K,
                                                              int accumulate) {
  __shared__ float sums[WARPS][FEW_X_ROWS][FEW_W_ROWS + 1];
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32, group = lane / 4, quarter = lane % 4;
  const int64_t n = static_cast<int64_t>(blockIdx.x) * FEW_W_ROWS + group;
  const T *w_row = w + (n < N ? n : N - 1) * K + quarter * 8;
  const T *x_low = x + (group < M ? group : 0) * x_stride + quarter * 8;
  const T *x_high = x + (group + 8 < M ? group + 8 : 0) * x_stride + quarter * 8;
  const uint4 zero = make_uint4(0, 0, 0, 0);
  float d[4] = {0, 0, 0, 0};
  for (int64_t k0 = static_cast<int64_t>(warp) * FEW_CHUNK; k0 < K; k0 += WARPS * FEW_CHUNK) {
    uint4 weights[FEW_LOADS], low[FEW_LOADS], high[FEW_LOADS];
#pragma unroll
    for (int i = 0; i < FEW_LOADS; ++i) {
      const int64_t k = k0 + i * FEW_STEP;
      weights[i] = k + quarter * 8 < K ? load_streamed(w_row + k) : zero;
    }
#pragma unroll
    for (int i = 0; i < FEW_LOADS; ++i) {
      const int64_t k = k0 + i * FEW_STEP;
      const bool inside = k + quarter * 8 < K;
      low[i] = inside && group < M ? *reinterpret_cast<const uint4 *>(x_low + k) : zero;
      high[i] = ROWS > 8 && inside && group + 8 < M ? *reinterpret_cast<const uint4 *>(x_high + k) : zero;
    }
#pragma unroll
    for (int i = 0; i < FEW_LOADS; ++i) {
      multiply_fragments<T>(d, low[i].x, high[i].x, low[i].y, high[i].y, weights[i].x, weights[i].y);
      multiply_fragments<T>(d, low[i].z, high[i].z, low[i].w, high[i].w, weights[i].z, weights[i].w);
    }
  }
  sums[warp][group][2 * quarter] = d[0], sums[warp][group][2 * quarter + 1] = d[1];
  sums[warp][group + 8][2 * quarter] = d[2], sums[warp][group + 8][2 * quarter + 1] = d[3];
  __syncthreads();
  for (int i = threadIdx.x; i < M * FEW_W_ROWS; i += 32 * WARPS) {
    const int row = i / FEW_W_ROWS, column = i % FEW_W_ROWS;
    const int64_t to = static_cast<int64_t>(blockIdx.x) * FEW_W_ROWS + column;
    if (to >= N) continue;
    float sum = 0;
    for (int part = 0; part < WARPS; ++part) sum += sums[part][row][column];
    Out *place = out + row * out_stride + to;
    *place = from_float<Out>(accumulate ? to_float(*place) + sum : sum);
  }
}

template <class T, class Out, int WARPS>
void launch_few_rows_tensor(const T *x, int64_t x_stride, const T *w, Out *out, int64_t out_stride, int64_t M, int64_t N,
                            int64_t K, int accumulate, cudaStream_t stream) {
  const auto grid = static_cast<unsigned>(divide_up(N, FEW_W_ROWS));
  for (int64_t row = 0; row < M; row += FEW_X_ROWS) {
    const int rows = static_cast<int>(M - row < FEW_X_ROWS ? M - row : FEW_X_ROWS);
    const auto kernel = rows > 8 ? few_rows_tensor<T, Out, 16, WARPS> : few_rows_tensor<T, Out, 8, WARPS>;
    kernel<<<grid, 32 * WARPS, 0, stream>>>(x + row * x_stride, x_stride, w, out + row * out_stride, out_stride, rows, N, K,
                                            accumulate);
  }
}

constexpr int SCALAR_X_ROWS = 8, SCALAR_WARPS = 8;

/* LANES elements a load: 16 bytes, or 1 element where rows do not begin at multiples of 16 bytes. */
template <class T, class Out, int LANES>
__global__ void __launch_bounds__(32 * SCALAR_WARPS) few_rows_scalar(const T *x, int64_t x_stride, const T *w, Out *out,
                                                                     int64_t out_stride, int M, int64_t N, int64_t K,
                                                                     int accumulate) {
  struct alignas(sizeof(T) * LANES) Piece {
    T values[LANES];
  };
  const int lane = threadIdx.x % 32;
  const int64_t n = static_cast<int64_t>(blockIdx.x) * SCALAR_WARPS + threadIdx.x / 32;
  if (n >= N) return;
  float sums[SCALAR_X_ROWS] = {};
#pragma unroll 4
  for (int64_t k = lane * LANES; k < K; k += 32 * LANES) {
    const Piece weights = *reinterpret_cast<const Piece *>(w + n * K + k);
#pragma unroll
    for (int m = 0; m < SCALAR_X_ROWS; ++m) {
      if (m >= M) break;
      const Piece values = *reinterpret_cast<const Piece *>(x + m * x_stride + k);
#pragma unroll
      for (int i = 0; i < LANES; ++i) sums[m] = fmaf(to_float(values.values[i]), to_float(weights.values[i]), sums[m]);
    }
  }
#pragma unroll
  for (int m = 0; m < SCALAR_X_ROWS; ++m) {
    const float sum = warp_sum(sums[m]);
    if (lane != 0 || m >= M) continue;
    Out *place = out + m * out_stride + n;
    *place = from_float<Out>(accumulate ? to_float(*place) + sum : sum);
  }
}

template <class T, class Out, int LANES>
void launch_few_rows_scalar(const T *x, int64_t x_stride, const T *w, Out *out, int64_t out_stride, int64_t M, int64_t N,
                            int64_t K, int accumulate, cudaStream_t stream) {
  const auto grid = static_cast<unsigned>(divide_up(N, SCALAR_WARPS));
  for (int64_t row = 0; row < M; row += SCALAR_X_ROWS) {
    const int rows = static_cast<int>(M - row < SCALAR_X_ROWS ? M - row : SCALAR_X_ROWS);
    few_rows_scalar<T, Out, LANES><<<grid, 32 * SCALAR_WARPS, 0, stream>>>(
        x + row * x_stride, x_stride, w, out + row * out_stride, out_stride, rows, N, K, accumulate);
  }
}

}  // namespace bl

#endif
