/*
 * Rungs of bl_matmul_few, products of a few rows with a whole matrix: what counts is reading w once, at the speed of memory.
 *
 * `tensor` (16-bit, rows that begin at multiples of 16 bytes): a block takes 16 (or 8) rows of w at a time and up to 16 of x. Its
 * warps take turns along K; each copies its part of w through a ring of stages in shared memory, whole lines at a time, so
 * that many kilobytes are on their way while the tensor cores work. The fragments of mma.m16n8k16 are filled by 16-byte
 * reads: which k stands where in a fragment does not matter as long as x and w agree, so that a lane takes 8 neighbouring k
 * of its row. The sums of the warps are added in order. Expected bound: memory.
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

constexpr int FEW_X_ROWS = 16, FEW_WARPS = 8;
/* k of one load of 16 bytes by 4 lanes, loads of a stage, and bytes from row to row of a stage: the half line between rows
   puts the 8 lanes that read at a time, 4 in each of two rows, into different banks. */
constexpr int FEW_STEP = 32, FEW_STEPS = 4, FEW_CHUNK = FEW_STEP * FEW_STEPS, FEW_PITCH = 2 * FEW_CHUNK + 64;

constexpr int few_rows_shared(int w_rows, int stages) {
  return FEW_WARPS * stages * w_rows * FEW_PITCH + 2 * FEW_WARPS * FEW_X_ROWS * (w_rows + 1) * 4;
}

/* 16 bytes to shared memory, or zeros; not finished before wait_for_copies. */
__device__ __forceinline__ void copy_later(uint32_t to, const void *from, bool is_inside) {
  asm volatile("cp.async.cg.shared.global.L2::128B [%0], [%1], 16, %2;" ::"r"(to), "l"(from), "r"(is_inside ? 16 : 0));
}
__device__ __forceinline__ void end_stage() { asm volatile("cp.async.commit_group;"); }
template <int LATER>
__device__ __forceinline__ void wait_for_copies() {
  asm volatile("cp.async.wait_group %0;" ::"n"(LATER) : "memory");
}

/* The part of w that one warp reads: chunks warp, warp + FEW_WARPS, … of each of the block's groups of W_ROWS rows. */
template <class T, int W_ROWS, int STAGES>
struct WeightStages {
  const T *w;
  int64_t N, K, chunks, group, chunk;
  int lane, warp, filling, reading;
  unsigned char *shared;

  /* Asks for the next chunk; behind the last group, for nothing. */
  __device__ void fetch() {
    const int64_t k0 = (chunk * FEW_WARPS + warp) * FEW_CHUNK, n0 = group * W_ROWS;
    const auto stage = static_cast<uint32_t>(__cvta_generic_to_shared(shared)) + filling * W_ROWS * FEW_PITCH;
    constexpr int PIECES = FEW_CHUNK / 8;
#pragma unroll
    for (int i = 0; i < W_ROWS * PIECES / 32; ++i) {
      const int row = (32 * i + lane) / PIECES, piece = lane % PIECES;
      const int64_t n = n0 + row, k = k0 + piece * 8;
      const bool is_inside = n < N && k < K;
      copy_later(stage + row * FEW_PITCH + piece * 16, w + (is_inside ? n * K + k : 0), is_inside);
    }
    end_stage();
    filling = filling + 1 == STAGES ? 0 : filling + 1;
    if (++chunk == chunks) chunk = 0, group += gridDim.x;
  }

  /* 8 neighbouring k of row `row`, those of `quarter`. */
  __device__ uint4 read(int row, int step, int quarter) const {
    return *reinterpret_cast<const uint4 *>(shared + (reading * W_ROWS + row) * FEW_PITCH + step * 64 + quarter * 16);
  }
};

/* ROWS: 8 or 16 rows of x at most; the second half of the fragments stays zero for 8. */
template <class T, class Out, int ROWS, int W_ROWS, int STAGES>
__global__ void __launch_bounds__(32 * FEW_WARPS) few_rows_tensor(const T *x, int64_t x_stride, const T *w, Out *out,
                                                                  int64_t out_stride, int M, int64_t N, int64_t K,
                                                                  int accumulate) {
  extern __shared__ __align__(16) unsigned char shared[];
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32, row = lane / 4, quarter = lane % 4;
  auto *sums = reinterpret_cast<float(*)[FEW_WARPS][FEW_X_ROWS][W_ROWS + 1]>(shared + FEW_WARPS * STAGES * W_ROWS * FEW_PITCH);
  const int64_t groups = (N + W_ROWS - 1) / W_ROWS, chunks = (K + FEW_WARPS * FEW_CHUNK - 1) / (FEW_WARPS * FEW_CHUNK);
  WeightStages<T, W_ROWS, STAGES> weights{w, N, K, chunks, blockIdx.x, 0, lane, warp, 0, 0,
                                          shared + warp * STAGES * W_ROWS * FEW_PITCH};
  for (int stage = 0; stage < STAGES - 1; ++stage) weights.fetch();
  const T *x_low = x + (row < M ? row : 0) * x_stride, *x_high = x + (row + 8 < M ? row + 8 : 0) * x_stride;
  const uint4 zero = make_uint4(0, 0, 0, 0);
  int buffer = 0;
  for (int64_t group = blockIdx.x; group < groups; group += gridDim.x, buffer ^= 1) {
    float d[W_ROWS / 8][4] = {};
    for (int64_t chunk = 0; chunk < chunks; ++chunk) {
      uint4 low[FEW_STEPS], high[FEW_STEPS];
#pragma unroll
      for (int i = 0; i < FEW_STEPS; ++i) {
        const int64_t k = (chunk * FEW_WARPS + warp) * FEW_CHUNK + i * FEW_STEP + quarter * 8;
        low[i] = k < K && row < M ? *reinterpret_cast<const uint4 *>(x_low + k) : zero;
        high[i] = ROWS > 8 && k < K && row + 8 < M ? *reinterpret_cast<const uint4 *>(x_high + k) : zero;
      }
      wait_for_copies<STAGES - 2>();
      __syncwarp();
      weights.fetch();
#pragma unroll
      for (int i = 0; i < FEW_STEPS; ++i) {
#pragma unroll
        for (int half = 0; half < W_ROWS / 8; ++half) {
          const uint4 b = weights.read(half * 8 + row, i, quarter);
          multiply_fragments<T>(d[half], low[i].x, high[i].x, low[i].y, high[i].y, b.x, b.y);
          multiply_fragments<T>(d[half], low[i].z, high[i].z, low[i].w, high[i].w, b.z, b.w);
        }
      }
      weights.reading = weights.reading + 1 == STAGES ? 0 : weights.reading + 1;
      // The next fetch overwrites the stage that was just read.
      __syncwarp();
    }
#pragma unroll
    for (int half = 0; half < W_ROWS / 8; ++half) {
#pragma unroll
      for (int i = 0; i < 4; ++i) sums[buffer][warp][row + i / 2 * 8][half * 8 + 2 * quarter + i % 2] = d[half][i];
    }
    __syncthreads();
    // Two buffers: the sums of this group are read while those of the next are written.
    const int m = threadIdx.x / W_ROWS, column = threadIdx.x % W_ROWS;
    const int64_t n = group * W_ROWS + column;
    if (m >= M || n >= N) continue;
    float sum = 0;
    for (int part = 0; part < FEW_WARPS; ++part) sum += sums[buffer][part][m][column];
    Out *place = out + m * out_stride + n;
    *place = from_float<Out>(accumulate ? to_float(*place) + sum : sum);
  }
  wait_for_copies<0>();
}

/* Blocks stay: as many as the device runs at a time, each taking every so-manieth group of rows of w. */
template <class T, class Out, int W_ROWS, int STAGES>
int launch_few_rows_tensor(const T *x, int64_t x_stride, const T *w, Out *out, int64_t out_stride, int64_t M, int64_t N,
                           int64_t K, int accumulate, int blocks, cudaStream_t stream) {
  constexpr int BYTES = few_rows_shared(W_ROWS, STAGES);
  const int64_t groups = divide_up(N, W_ROWS);
  const auto grid = static_cast<unsigned>(groups < blocks ? groups : blocks);
  for (int64_t row = 0; row < M; row += FEW_X_ROWS) {
    const int rows = static_cast<int>(M - row < FEW_X_ROWS ? M - row : FEW_X_ROWS);
    const auto kernel = rows > 8 ? few_rows_tensor<T, Out, 16, W_ROWS, STAGES> : few_rows_tensor<T, Out, 8, W_ROWS, STAGES>;
    BL_TRY(allow_shared("bl_matmul_few", kernel, BYTES));
    kernel<<<grid, 32 * FEW_WARPS, BYTES, stream>>>(x + row * x_stride, x_stride, w, out + row * out_stride, out_stride, rows,
                                                    N, K, accumulate);
  }
  return BL_OK;
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
