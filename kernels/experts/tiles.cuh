/* Which expert and which tile of its product a block works on, found on the device from where the experts' rows begin. */
#ifndef BITLOSS_EXPERTS_TILES_CUH
#define BITLOSS_EXPERTS_TILES_CUH

#include "../common.cuh"

namespace bl::experts {

/** Rows of `slots` and of one column of tiles that are taken together, so that weights and rows are reused in L2. */
constexpr int BAND = 16;

struct Tile {
  int expert;    /* −1: nothing to do */
  int first_row; /* of the tile, in x and out */
  int end_row;   /* of the expert */
  int column;    /* tile of N */
};

/**
 * Tiles are counted expert by expert; within one, in bands of BAND row tiles, all columns of a band before the next, row
 * tiles fastest. Called by whole warps; every lane gets the answer.
 */
__device__ inline Tile find_tile(const int32_t *slots, int E, int64_t wanted, int tile_rows, int columns) {
  const int lane = threadIdx.x % 32;
  int64_t before = 0;
  for (int base = 0; base < E; base += 32) {
    const int expert = base + lane;
    const int first = expert < E ? slots[expert] : 0;
    const int end = expert < E ? slots[expert + 1] : 0;
    const int64_t own = static_cast<int64_t>((end - first + tile_rows - 1) / tile_rows) * columns;
    int64_t sum = own;
    for (int step = 1; step < 32; step *= 2) {
      const int64_t other = __shfl_up_sync(0xffffffffu, sum, step);
      if (lane >= step) sum += other;
    }
    const unsigned reached = __ballot_sync(0xffffffffu, before + sum > wanted);
    if (reached == 0) {
      before += __shfl_sync(0xffffffffu, sum, 31);
      continue;
    }
    const int from = __ffs(reached) - 1;
    const int64_t local = wanted - before - __shfl_sync(0xffffffffu, sum - own, from);
    const int row_tiles = static_cast<int>(__shfl_sync(0xffffffffu, own, from) / columns);
    const int band = static_cast<int>(local / (static_cast<int64_t>(BAND) * columns));
    const int inside = static_cast<int>(local - static_cast<int64_t>(band) * BAND * columns);
    const int height = min(BAND, row_tiles - band * BAND);
    const int first_row = __shfl_sync(0xffffffffu, first, from);
    return {base + from, first_row + (band * BAND + inside % height) * tile_rows,
            __shfl_sync(0xffffffffu, end, from), inside / height};
  }
  return {-1, 0, 0, 0};
}

/** Most tiles that `rows` rows in E experts can make, however they are spread. */
inline int64_t most_tiles(int64_t rows, int64_t E, int64_t tile_rows, int64_t columns) {
  return (rows / tile_rows + (rows < E ? rows : E)) * columns;
}

}  // namespace bl::experts

#endif
