/*
 * Grouped product on Hopper: one warp fetches tiles with the bulk copy engine, two warpgroups multiply 64 × 256 each from shared
 * memory, and blocks walk over tiles so that the next one's first stages arrive while this one is written.
 * Sums over k are in the same order as in tensor_core.cuh, and so are the bits (the tests compare them).
 * Bound: about 800 TFLOP/s on an H100 at its power limit.
 */
#ifndef BITLOSS_EXPERTS_BULK_COPY_CUH
#define BITLOSS_EXPERTS_BULK_COPY_CUH

#include "tiles.cuh"
#include "warpgroup.cuh"

namespace bl::experts {

struct Bulk {
  static constexpr int ROWS = 128, COLUMNS = 256, DEPTH = 64, STAGES = 4;
  static constexpr int WARPGROUPS = 2; /* that multiply */
  static constexpr int THREADS = 128 * (WARPGROUPS + 1);
  static constexpr int X_BYTES = ROWS * DEPTH * 2, W_BYTES = COLUMNS * DEPTH * 2;
  static constexpr int STAGE_BYTES = X_BYTES + W_BYTES;
  /* Swizzled tiles start at multiples of 1024 bytes. */
  static constexpr int SHARED_BYTES = STAGES * STAGE_BYTES + 1024;
};

#if BL_HAS_WARPGROUPS
constexpr int BULK_THREADS = Bulk::THREADS;
#else
/* Code for other architectures has no body; the host tells it by this limit. */
constexpr int BULK_THREADS = 32;
#endif

/** Where the ring of stages stands; the parity of a stage turns each time round. */
struct Ring {
  int stage = 0, parity = 0;

  __device__ __forceinline__ void next() {
    if (++stage < Bulk::STAGES) return;
    stage = 0;
    parity ^= 1;
  }
};

template <class Element, class Out>
__global__ void __launch_bounds__(BULK_THREADS, 1)
    bulk_copy_kernel(const __grid_constant__ CUtensorMap x, const __grid_constant__ CUtensorMap experts, Out *out,
                     const int32_t *slots, int E, int N, int K) {
#if BL_HAS_WARPGROUPS
  extern __shared__ uint8_t unaligned[];
  __shared__ alignas(8) uint64_t barriers[2 * Bulk::STAGES];
  const uint32_t base = (shared_address(unaligned) + 1023) / 1024 * 1024;
  const auto full = [&](int stage) { return shared_address(barriers + stage); };
  const auto empty = [&](int stage) { return shared_address(barriers + Bulk::STAGES + stage); };
  const int columns = (N + Bulk::COLUMNS - 1) / Bulk::COLUMNS;
  const int steps = (K + Bulk::DEPTH - 1) / Bulk::DEPTH;
  const int warpgroup = threadIdx.x / 128, lane = threadIdx.x % 32;
  if (threadIdx.x == 0) {
    for (int stage = 0; stage < Bulk::STAGES; ++stage) {
      barrier_init(full(stage), 1);
      barrier_init(empty(stage), 4 * Bulk::WARPGROUPS);
    }
    fence_barriers();
  }
  __syncthreads();
  const auto tile_at = [&](int index) { return find_tile(slots, E, index, Bulk::ROWS, columns); };

  if (warpgroup == Bulk::WARPGROUPS) {
    registers_shrink<40>();
    if (threadIdx.x % 128 >= 32) return;
    Ring ring;
    for (int index = blockIdx.x;; index += gridDim.x) {
      const Tile tile = tile_at(index);
      if (tile.expert < 0) return;
      if (lane > 0) continue;
      for (int step = 0; step < steps; ++step, ring.next()) {
        const uint32_t stage = base + ring.stage * Bulk::STAGE_BYTES;
        barrier_wait(empty(ring.stage), ring.parity ^ 1);
        barrier_arrive_expecting(full(ring.stage), Bulk::STAGE_BYTES);
        copy_box(stage, x, step * Bulk::DEPTH, tile.first_row, full(ring.stage));
        copy_box(stage + Bulk::X_BYTES, experts, step * Bulk::DEPTH, tile.expert * N + tile.column * Bulk::COLUMNS,
                 full(ring.stage));
      }
    }
  } else {
    registers_grow<232>();
    Ring ring;
    for (int index = blockIdx.x;; index += gridDim.x) {
      const Tile tile = tile_at(index);
      if (tile.expert < 0) return;
      float d[128];
#pragma unroll
      for (int i = 0; i < 128; ++i) d[i] = 0;
      use_products(d);
      int previous = 0;
      for (int step = 0; step < steps; ++step, ring.next()) {
        barrier_wait(full(ring.stage), ring.parity);
        const uint32_t stage = base + ring.stage * Bulk::STAGE_BYTES;
        const uint64_t a = describe(stage + warpgroup * 64 * Bulk::DEPTH * 2, 16);
        const uint64_t b = describe(stage + Bulk::X_BYTES, 16);
        products_begin();
#pragma unroll
        for (int part = 0; part < Bulk::DEPTH / 16; ++part)
          // 16 values further, in units of 16 bytes.
          multiply_warpgroup<Element>(d, a + 2 * part, b + 2 * part);
        products_commit();
        products_wait<1>();
        if (step > 0 && lane == 0) barrier_arrive(empty(previous));
        previous = ring.stage;
      }
      products_wait<0>();
      use_products(d);
      if (lane == 0) barrier_arrive(empty(previous));

      struct alignas(2 * sizeof(Out)) Pair {
        Out values[2];
      };
      const int row = tile.first_row + warpgroup * 64 + threadIdx.x % 128 / 32 * 16 + lane / 4;
      const int first_column = tile.column * Bulk::COLUMNS + lane % 4 * 2;
      Out *target = out + static_cast<int64_t>(row) * N + first_column;
#pragma unroll
      for (int j = 0; j < 32; ++j) {
        // N is a multiple of 8: a group of 8 columns is inside or outside.
        if (first_column + 8 * j >= N) break;
        const auto pair = [&](int i) { return Pair{from_float<Out>(d[4 * j + i]), from_float<Out>(d[4 * j + i + 1])}; };
        if (row < tile.end_row) *reinterpret_cast<Pair *>(target + 8 * j) = pair(0);
        if (row + 8 < tile.end_row) *reinterpret_cast<Pair *>(target + 8 * static_cast<int64_t>(N) + 8 * j) = pair(2);
      }
    }
  }
#endif
}

}  // namespace bl::experts

#endif
