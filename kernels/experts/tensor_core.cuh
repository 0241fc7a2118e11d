/*
 * Grouped product on tensor cores for 16-bit types, N and K multiples of 8: tiles are copied to shared memory in the background,
 * several steps of DEPTH ahead. Every sum is one chain of m16n8k16 products over ascending k, whatever the tile's shape, so
 * that a row's result is the same bits in every shape and beside any other rows.
 * Bound: about 600 TFLOP/s on an H100 (mma.sync, not wgmma); reading the experts once where rows are few.
 */
#ifndef BITLOSS_EXPERTS_TENSOR_CORE_CUH
#define BITLOSS_EXPERTS_TENSOR_CORE_CUH

#include "../instructions/fragments.cuh"
#include "tiles.cuh"

namespace bl::experts {

/** Values of k in one stage: 128 bytes a row, so that the exclusive-or of 16-byte chunk and row avoids bank conflicts. */
constexpr int DEPTH = 64;
constexpr int CHUNK = 8;
constexpr int CHUNKS = DEPTH / CHUNK;
/** Products over 16 values of k. */
constexpr int PARTS = DEPTH / 16;

/** A stage holds BLOCKS times DEPTH values of k: more of them mean fewer barriers. */
template <int ROWS_, int COLUMNS_, int WARP_ROWS_, int WARP_COLUMNS_, int STAGES_, int BLOCKS_>
struct Shape {
  static constexpr int ROWS = ROWS_, COLUMNS = COLUMNS_; /* of a block's tile */
  static constexpr int WARP_ROWS = WARP_ROWS_, WARP_COLUMNS = WARP_COLUMNS_;
  static constexpr int STAGES = STAGES_, BLOCKS = BLOCKS_;
  static constexpr int THREADS = 32 * (ROWS / WARP_ROWS) * (COLUMNS / WARP_COLUMNS);
  static constexpr int BLOCK_BYTES = (ROWS + COLUMNS) * DEPTH * 2;
  static constexpr int STAGE_BYTES = BLOCKS * BLOCK_BYTES;
  static constexpr int SHARED_BYTES = STAGES * STAGE_BYTES;
  static_assert(WARP_ROWS % 16 == 0 && WARP_COLUMNS % 16 == 0);
};

/** Byte offset of a 16-byte chunk in a tile of rows of DEPTH values. */
__device__ __forceinline__ uint32_t chunk_offset(int row, int chunk) {
  return static_cast<uint32_t>(row * DEPTH * 2 + ((chunk ^ (row % CHUNKS)) * 16));
}

template <class Element, class Out, class S>
__global__ void __launch_bounds__(S::THREADS) tensor_core_kernel(const Element *__restrict__ x,
                                                                 const Element *__restrict__ experts,
                                                                 Out *__restrict__ out, const int32_t *slots, int E,
                                                                 int N, int K) {
  constexpr int ROW_FRAGMENTS = S::WARP_ROWS / 16;
  constexpr int COLUMN_PAIRS = S::WARP_COLUMNS / 16;
  extern __shared__ __align__(128) uint8_t shared[];
  const Tile tile = find_tile(slots, E, blockIdx.x, S::ROWS, (N + S::COLUMNS - 1) / S::COLUMNS);
  if (tile.expert < 0) return;
  const int first_column = tile.column * S::COLUMNS;
  const Element *w = experts + static_cast<int64_t>(tile.expert) * N * K;
  const uint32_t base = shared_address(shared);
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  const int warp_row = warp / (S::COLUMNS / S::WARP_COLUMNS) * S::WARP_ROWS;
  const int warp_column = warp % (S::COLUMNS / S::WARP_COLUMNS) * S::WARP_COLUMNS;
  const int steps = (K + S::BLOCKS * DEPTH - 1) / (S::BLOCKS * DEPTH);

  const auto fetch_block = [&](uint32_t to, int block) {
    const int chunk = threadIdx.x % CHUNKS;
    const int k = block * DEPTH + chunk * CHUNK;
    const auto copy_rows = [&](uint32_t to, const Element *from, int first, int end, int count) {
#pragma unroll
      for (int row = threadIdx.x / CHUNKS; row < count; row += S::THREADS / CHUNKS) {
        const bool real = first + row < end && k < K;
        copy_async(to + chunk_offset(row, chunk), real ? from + static_cast<int64_t>(first + row) * K + k : from, real);
      }
    };
    copy_rows(to, x, tile.first_row, tile.end_row, S::ROWS);
    copy_rows(to + S::ROWS * DEPTH * 2, w, first_column, N, S::COLUMNS);
  };
  const auto fetch = [&](int step) {
#pragma unroll
    for (int block = 0; block < S::BLOCKS; ++block)
      fetch_block(base + step % S::STAGES * S::STAGE_BYTES + block * S::BLOCK_BYTES, step * S::BLOCKS + block);
  };

  uint32_t a[2][ROW_FRAGMENTS][4];
  uint32_t b[2][COLUMN_PAIRS][4];
  const auto load_fragments = [&](int buffer, uint32_t stage, int part) {
    const uint32_t rows = stage + part / PARTS * S::BLOCK_BYTES;
    const int chunk = part % PARTS * 2;
#pragma unroll
    for (int i = 0; i < ROW_FRAGMENTS; ++i)
      load_matrices(a[buffer][i], rows + chunk_offset(warp_row + 16 * i + lane % 16, chunk + lane / 16));
    const uint32_t weights = rows + S::ROWS * DEPTH * 2;
#pragma unroll
    for (int j = 0; j < COLUMN_PAIRS; ++j)
      load_matrices(b[buffer][j], weights + chunk_offset(warp_column + 16 * j + lane % 8 + lane / 16 * 8,
                                                         chunk + lane / 8 % 2));
  };

  float sums[ROW_FRAGMENTS][2 * COLUMN_PAIRS][4] = {};
  const auto multiply = [&](int buffer) {
#pragma unroll
    for (int i = 0; i < ROW_FRAGMENTS; ++i)
#pragma unroll
      for (int j = 0; j < 2 * COLUMN_PAIRS; ++j)
        multiply_add<Element>(sums[i][j], a[buffer][i], b[buffer][j / 2][2 * (j % 2)], b[buffer][j / 2][2 * (j % 2) + 1]);
  };

#pragma unroll
  for (int step = 0; step < S::STAGES - 1; ++step) {
    if (step < steps) fetch(step);
    copies_commit();
  }
  copies_wait<S::STAGES - 2>();
  __syncthreads();
  load_fragments(0, base, 0);
  for (int step = 0; step < steps; ++step) {
    const uint32_t stage = base + step % S::STAGES * S::STAGE_BYTES;
    if (step + S::STAGES - 1 < steps) fetch(step + S::STAGES - 1);
    copies_commit();
#pragma unroll
    for (int part = 0; part < S::BLOCKS * PARTS; ++part) {
      // The fragments of the next part are on their way while this one is multiplied.
      if (part + 1 < S::BLOCKS * PARTS) {
        load_fragments((part + 1) % 2, stage, part + 1);
      } else {
        copies_wait<S::STAGES - 2>();
        __syncthreads();
        if (step + 1 < steps) load_fragments(0, base + (step + 1) % S::STAGES * S::STAGE_BYTES, 0);
      }
      multiply(part % 2);
    }
  }

  const auto write_pair = [&](int row, int column, float first, float second) {
    if (row >= tile.end_row || column >= N) return;
    struct alignas(2 * sizeof(Out)) Pair {
      Out values[2];
    };
    // N is a multiple of 8: both are inside, and aligned.
    *reinterpret_cast<Pair *>(out + static_cast<int64_t>(row) * N + column) = {from_float<Out>(first),
                                                                               from_float<Out>(second)};
  };
#pragma unroll
  for (int i = 0; i < ROW_FRAGMENTS; ++i) {
#pragma unroll
    for (int j = 0; j < 2 * COLUMN_PAIRS; ++j) {
      const int row = tile.first_row + warp_row + 16 * i + lane / 4;
      const int column = first_column + warp_column + 8 * j + lane % 4 * 2;
      write_pair(row, column, sums[i][j][0], sums[i][j][1]);
      write_pair(row + 8, column, sums[i][j][2], sums[i][j][3]);
    }
  }
}

}  // namespace bl::experts

#endif
