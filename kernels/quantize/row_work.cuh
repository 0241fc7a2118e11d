/*
 * What LANES neighbouring threads do to one row of a block of columns: catch up with earlier errors, fit grids, round. The row's
 * weights are in shared memory, 16 columns at a time in registers. Looking back rather than ahead, a tile of columns takes all
 * earlier errors of the block when its turn comes, so each weight and each entry of U is read once per tile; the
 * subtractions of one weight stay in the order of the columns, which gives the sums of eval/math/column-loop.ts. An error
 * takes the place of its weight.
 */
#ifndef BITLOSS_QUANTIZE_ROW_WORK_CUH
#define BITLOSS_QUANTIZE_ROW_WORK_CUH

#include "search.cuh"

namespace bl {
namespace quantize {

constexpr int BLOCK_COLUMNS = 128;
constexpr int TILE = 16;
constexpr int BLOCK_THREADS = 128;
/* Doubles between the rows of a tile in shared memory: an odd number keeps rows in different banks. */
constexpr int ROW_STRIDE = BLOCK_COLUMNS + 1;
/* Two rows of the triangle lie side by side from the even column on, so that pairs of columns are aligned. */
constexpr int TRIANGLE = 65 * BLOCK_COLUMNS + TILE;

/* What becomes of a weight: a code, always or where it is kept, or a value of 16 or 32 bits where it is kept. */
enum class Keep { ALL_CODES, KEPT_CODES, KEPT_VALUES };

struct LoopArguments {
  double *weights;
  const double *upper;
  int64_t N, K, G, groups;
  Rule rule;
  const int32_t *group_of_step;
  bool fit;
  uint8_t *codes;
  float *scales;
  int16_t *zeros;
  double *losses;
  /* [N, errors_stride]: errors of this block from column 0 on. */
  double *errors;
  int64_t errors_stride;
  int64_t start;
  int columns;
  /* Pruning. [N, K]: 1 for weights that are kept; read, or written where run_m > 0: run_n of run_m neighbours go then. */
  uint8_t *kept;
  int run_n, run_m;
  /* bl_dtype of kept values, and where all go, [N, K]. */
  int value_type;
  float *restored;
};

/* Where column 0 of row i of the packed triangle would be. */
__device__ __forceinline__ int triangle_row(int i) {
  const int pairs = i >> 1;
  return 2 * pairs * (BLOCK_COLUMNS - pairs) + (i & 1) * (BLOCK_COLUMNS - 2 * pairs);
}

/* LANES threads work on a row; EVEN: every tile begins at an even column. */
template <int LANES, bool EVEN, Keep KEEP = Keep::ALL_CODES>
struct RowWork {
  static constexpr int OWN = TILE / LANES;
  static constexpr int ROWS = BLOCK_THREADS / LANES;

  const LoopArguments &in;
  const double *triangle;
  const double *reciprocals;
  /* This row's weights and codes in shared memory. */
  double *row;
  uint8_t *codes;
  int64_t n;
  int lane;
  int max_code;
  double loss;

  /* U[i][column … column + OWN). */
  __device__ __forceinline__ void load_upper(int i, int column, double *to) const {
    const double *from = triangle + triangle_row(i) + column;
    if constexpr (EVEN) {
#pragma unroll
      for (int c = 0; c < OWN; c += 2) {
        const double2 pair = *reinterpret_cast<const double2 *>(from + c);
        to[c] = pair.x;
        to[c + 1] = pair.y;
      }
    } else {
#pragma unroll
      for (int c = 0; c < OWN; ++c) to[c] = from[c];
    }
  }

  /* Weights of this lane's columns of the tile at `tile`, less the errors of columns from … to. */
  __device__ __forceinline__ void look_back(double *values, int tile, int from, int to) const {
    const int column = tile + lane * OWN;
#pragma unroll 4
    for (int i = from; i < to; ++i) {
      double upper[OWN];
      load_upper(i, column, upper);
      const double error = row[i];
#pragma unroll
      for (int c = 0; c < OWN; ++c) values[c] = minus(values[c], times(error, upper[c]));
    }
  }

  /* Brings the columns from … to up to date with all errors before them. */
  __device__ void catch_up(int from, int to) {
    for (int tile = from; tile < to; tile += TILE) {
      const int column = tile + lane * OWN;
      double values[OWN];
#pragma unroll
      for (int c = 0; c < OWN; ++c) values[c] = row[column + c];
      look_back(values, tile, 0, from);
#pragma unroll
      for (int c = 0; c < OWN; ++c) if (column + c < to) row[column + c] = values[c];
    }
    __syncwarp();
  }

  __device__ Grid fit_group(int from, int to) {
    Range range;
    for (int i = from + lane; i < to; i += LANES) range.add(row[i]);
    range.merge(LANES);
    Grid grid = grid_of(range.low, range.high, in.rule);
    if (in.rule.mse) {
      const double *weights = row + from;
      grid = shrink([weights](int i) { return weights[i]; }, [](int) { return 1.0f; }, to - from, range.low, range.high,
                    in.rule, lane, LANES);
    }
    if (!range.is_finite()) grid = Grid{NAN, 0};
    if (lane == 0 && n < in.N) {
      const int64_t g = n * in.groups + in.group_of_step[in.start + from];
      in.scales[g] = static_cast<float>(grid.scale);
      in.zeros[g] = static_cast<int16_t>(grid.zero);
    }
    return grid;
  }

  /* The grid of a column of the block: the fitted one, or that of its group. */
  __device__ __forceinline__ void load_grid(const Grid *fitted, bool is_inside, int column, double *scale, int *zero) const {
    if (fitted != nullptr) {
      *scale = fitted->scale;
      *zero = static_cast<int>(fitted->zero);
      return;
    }
    const int64_t g = is_inside && n < in.N ? n * in.groups + in.group_of_step[in.start + column] : 0;
    *scale = in.scales[g];
    *zero = in.zeros[g];
  }

  /* Which of the M columns from c on stay; their weights carry every error before them. Ties go in their order. */
  template <int M>
  __device__ __forceinline__ void choose(const double *values, int c, int i, bool is_owner, bool *stays) {
    double scores[M];
#pragma unroll
    for (int a = 0; a < M; ++a)
      scores[a] = fabs(divide(values[c + a], triangle[triangle_row(i + a) + i + a], reciprocals[i + a]));
#pragma unroll
    for (int a = 0; a < M; ++a) {
      int before = 0;
#pragma unroll
      for (int b = 0; b < M; ++b) before += scores[b] < scores[a] || (scores[b] == scores[a] && b < a);
      stays[c + a] = before >= in.run_n;
      if (is_owner) in.kept[n * in.K + in.start + i + a] = stays[c + a];
    }
  }

  /* c is known at compile time, where the loop around it is unrolled. */
  __device__ __forceinline__ void choose_run(const double *values, int c, int i, int owner, bool *stays) {
    const bool is_owner = lane == owner && n < in.N;
    if (c % 2 == 0 && in.run_m == 2) choose<2>(values, c, i, is_owner, stays);
    if (OWN >= 4 && c % 4 == 0 && in.run_m == 4) choose<4>(values, c, i, is_owner, stays);
    if constexpr (OWN >= 8) {
      if (c % 8 == 0 && in.run_m == 8) choose<8>(values, c, i, is_owner, stays);
    }
  }

  /* Rounds the columns of one tile; `base`: columns before it have been taken into account already. */
  __device__ void round_tile(int tile, int width, int base, const Grid *fitted) {
    double values[OWN], scale[OWN], reciprocal[OWN];
    int zero[OWN];
    bool stays[OWN];
    const int column = tile + lane * OWN;
#pragma unroll
    for (int c = 0; c < OWN; ++c) {
      values[c] = row[column + c];
      if constexpr (KEEP != Keep::ALL_CODES) {
        const bool is_known = in.run_m == 0 && lane * OWN + c < width && n < in.N;
        stays[c] = !is_known || in.kept[n * in.K + in.start + column + c] != 0;
      }
      if constexpr (KEEP != Keep::KEPT_VALUES) load_grid(fitted, lane * OWN + c < width, column + c, &scale[c], &zero[c]);
    }
    if constexpr (KEEP != Keep::KEPT_VALUES) {
#pragma unroll
      for (int c = 0; c < OWN; ++c) reciprocal[c] = 1.0 / scale[c];
    }
    look_back(values, tile, base, tile);
#pragma unroll
    for (int j = 0; j < TILE; ++j) {
      if (j >= width) break;
      const int c = j % OWN, owner = j / OWN, i = tile + j;
      if constexpr (KEEP != Keep::ALL_CODES) choose_run(values, c, i, owner, stays);
      int code = 0;
      double difference;
      if constexpr (KEEP == Keep::KEPT_VALUES) {
        const float value = stays[c] ? round_to_type(values[c], in.value_type) : 0.0f;
        if (lane == owner && n < in.N) in.restored[n * in.K + in.start + i] = value;
        difference = minus(values[c], static_cast<double>(value));
      } else {
        code = code_at(divide(values[c], scale[c], reciprocal[c]), zero[c], max_code);
        // The product is exact, so one rounding is that of the difference.
        difference = __fma_rn(-scale[c], double_of(code - zero[c]), values[c]);
        if constexpr (KEEP == Keep::KEPT_CODES) difference = stays[c] ? difference : values[c];
      }
      double error = divide(difference, triangle[triangle_row(i) + i], reciprocals[i]);
      if constexpr (LANES > 1) error = __shfl_sync(0xffffffffu, error, owner, LANES);
      loss = plus(loss, times(error, error));
      if (lane == owner) {
        row[i] = error;
        if constexpr (KEEP != Keep::KEPT_VALUES) codes[i] = static_cast<uint8_t>(code);
      }
      double upper[OWN];
      load_upper(i, column, upper);
      // Columns of other lanes that are done already change too; nobody reads them again.
#pragma unroll
      for (int other = 0; other < OWN; ++other) {
        if (LANES == 1 && other <= j) continue;
        values[other] = minus(values[other], times(error, upper[other]));
      }
    }
    __syncwarp();
  }

  __device__ void run() {
    const bool fits_here = in.fit && in.G <= BLOCK_COLUMNS;
    const int step = fits_here ? static_cast<int>(in.G) : in.columns;
    for (int from = 0; from < in.columns; from += step) {
      const int to = min(from + step, in.columns);
      if (!fits_here) {
        for (int tile = from; tile < to; tile += TILE) round_tile(tile, min(TILE, to - tile), 0, nullptr);
        continue;
      }
      if (from > 0) catch_up(from, to);
      const Grid grid = fit_group(from, to);
      for (int tile = from; tile < to; tile += TILE) round_tile(tile, min(TILE, to - tile), from, &grid);
    }
  }
};

}  // namespace quantize
}  // namespace bl

#endif
