/* BiLLM: for each block of columns two searches, levels and codes, and the correction of the columns behind it; nothing waits. */
#include "../quantize/checks.h"
#include "rows.cuh"
#include "sort.h"

using namespace bl::binary;

static constexpr int THREADS = 256;
static constexpr int SCORE_BLOCKS = 64, SCORE_ROWS = 4;

namespace {

/* Parts of the scratch. */
struct Scratch {
  Found *found;
  /* [SCORE_BLOCKS, BLOCK_COLUMNS]. */
  double *scores;
  /* [SEARCH_BLOCKS, CANDIDATES]. */
  double *sums;
  /* [N, G] each. */
  uint64_t *keys, *sorted;
  void *sorting;
  int64_t sorting_bytes, bytes;
};

/* With `base` null only the bytes count. */
int divide_scratch(void *base, int64_t N, int64_t G, Scratch *out) {
  int64_t at = 0;
  const auto take = [&](int64_t bytes) {
    void *place = static_cast<char *>(base) + at;
    at += bl::divide_up(bytes, 256) * 256;
    return place;
  };
  out->found = static_cast<Found *>(take(sizeof(Found)));
  out->scores = static_cast<double *>(take(sizeof(double) * SCORE_BLOCKS * BLOCK_COLUMNS));
  out->sums = static_cast<double *>(take(sizeof(double) * SEARCH_BLOCKS * CANDIDATES));
  out->keys = static_cast<uint64_t *>(take(sizeof(uint64_t) * N * G));
  out->sorted = static_cast<uint64_t *>(take(sizeof(uint64_t) * N * G));
  BL_TRY(sort_scratch(N * G, &out->sorting_bytes));
  out->sorting = take(out->sorting_bytes);
  out->bytes = at;
  return BL_OK;
}

__global__ void __launch_bounds__(BLOCK_COLUMNS *SCORE_ROWS) score_columns(Block in, double *scores) {
  __shared__ double shared[SCORE_ROWS][BLOCK_COLUMNS];
  const int j = threadIdx.x % BLOCK_COLUMNS, r = threadIdx.x / BLOCK_COLUMNS;
  double sum = 0;
  for (int64_t n = blockIdx.x * SCORE_ROWS + r; j < in.G && n < in.N; n += SCORE_BLOCKS * SCORE_ROWS) sum += salience_of(in, n, j);
  shared[r][j] = sum;
  __syncthreads();
  if (r != 0) return;
  for (int other = 1; other < SCORE_ROWS; ++other) sum += shared[other][j];
  scores[blockIdx.x * BLOCK_COLUMNS + j] = sum;
}

/* Columns by falling score, equal ones in their order; one block. */
__global__ void __launch_bounds__(BLOCK_COLUMNS) rank_columns(const double *scores, int G, Found *found) {
  __shared__ double shared[BLOCK_COLUMNS];
  const int j = threadIdx.x;
  double score = 0;
  for (int b = 0; b < SCORE_BLOCKS; ++b) score += scores[b * BLOCK_COLUMNS + j];
  // A matrix with a NaN is refused afterwards; until then every column needs a rank.
  shared[j] = score == score ? score : 0.0;
  __syncthreads();
  if (j >= G) return;
  int rank = 0;
  for (int i = 0; i < G; ++i) rank += shared[i] > shared[j] || (shared[i] == shared[j] && i < j);
  found->order[rank] = j;
}

/* Errors of all rows, and the first of the smallest among `candidates`; one block. */
__device__ int pick_least(const double *sums, int candidates, double *shared) {
  const int i = threadIdx.x;
  double sum = 0;
  for (int b = 0; i < candidates && b < SEARCH_BLOCKS; ++b) sum += sums[b * CANDIDATES + i];
  if (i < candidates) shared[i] = sum;
  __syncthreads();
  int best = 0;
  for (int other = 1; other < candidates; ++other) if (shared[other] < shared[best]) best = other;
  return best;
}

__global__ void __launch_bounds__(BLOCK_COLUMNS) pick_salient(const double *sums, int most, int G, Found *found, uint8_t *salient) {
  __shared__ double shared[BLOCK_COLUMNS];
  const int count = most == 0 ? 0 : pick_least(sums, most, shared) + 1, j = threadIdx.x;
  if (j < G) salient[found->order[j]] = j < count;
  if (j == 0) found->count = count;
}

/* Sizes as ordered keys. Salient columns come last, or with the others as zeros. */
__global__ void __launch_bounds__(THREADS) make_keys(Block in, const uint8_t *salient, uint64_t *keys) {
  const int64_t i = blockIdx.x * static_cast<int64_t>(THREADS) + threadIdx.x;
  if (i >= in.N * in.G) return;
  const int j = static_cast<int>(i % in.G);
  const uint64_t size = static_cast<uint64_t>(__double_as_longlong(fabs(target_of(in, i / in.G, j))));
  keys[i] = salient[in.start + j] == 0 ? size : in.compat ? 0 : ~0ull;
}

/* Quantiles between the two nearest sizes, linearly, as numpy.quantile; a thread each. */
__global__ void __launch_bounds__(CANDIDATES) place_splits(Block in, const uint64_t *sorted, Found *found) {
  const int i = threadIdx.x;
  if (i >= SPLITS) return;
  const int64_t count = in.N * (in.compat ? in.G : in.G - found->count);
  const double place = times(split_share(i), static_cast<double>(count - 1)), whole = floor(place);
  const int64_t below = static_cast<int64_t>(whole), above = below + 1 < count ? below + 1 : count - 1;
  const double low = __longlong_as_double(static_cast<long long>(sorted[below]));
  const double high = __longlong_as_double(static_cast<long long>(sorted[above]));
  found->splits[i] = plus(low, times(minus(place, whole), minus(high, low)));
}

__global__ void __launch_bounds__(BLOCK_COLUMNS) pick_split(const double *sums, Found *found) {
  __shared__ double shared[BLOCK_COLUMNS];
  const int best = pick_least(sums, SPLITS, shared);
  if (threadIdx.x == 0) found->split = found->splits[best];
}

/* Finds the parts of a block: salient columns, and the split of the others. */
int find_parts(const Block &in, const Scratch &scratch, uint8_t *salient, bl_stream stream) {
  const cudaStream_t on = bl::stream_of(stream);
  const int most = in.G - 1 < MOST_SALIENT ? in.G - 1 : MOST_SALIENT;
  const int64_t count = in.N * in.G;
  score_columns<<<SCORE_BLOCKS, BLOCK_COLUMNS * SCORE_ROWS, 0, on>>>(in, scratch.scores);
  rank_columns<<<1, BLOCK_COLUMNS, 0, on>>>(scratch.scores, in.G, scratch.found);
  search_salient<<<SEARCH_BLOCKS, 32 * SEARCH_WARPS, 0, on>>>(in, most, scratch.found, scratch.sums);
  pick_salient<<<1, BLOCK_COLUMNS, 0, on>>>(scratch.sums, most, in.G, scratch.found, salient + in.start);
  make_keys<<<bl::divide_up(count, THREADS), THREADS, 0, on>>>(in, salient, scratch.keys);
  BL_TRY(bl::launched("bl_binary_blocks"));
  BL_TRY(sort_keys(scratch.keys, scratch.sorted, count, scratch.sorting, scratch.sorting_bytes, stream));
  place_splits<<<1, CANDIDATES, 0, on>>>(in, scratch.sorted, scratch.found);
  search_splits<<<SEARCH_BLOCKS, 32 * SEARCH_WARPS, 0, on>>>(in, scratch.found, salient, scratch.sums);
  pick_split<<<1, BLOCK_COLUMNS, 0, on>>>(scratch.sums, scratch.found);
  return bl::launched("bl_binary_blocks");
}

}  // namespace

int bl::binary::blocks_scratch(int64_t N, int64_t G, int64_t *bytes) {
  Scratch scratch;
  BL_TRY(divide_scratch(nullptr, N, G, &scratch));
  *bytes = scratch.bytes;
  return BL_OK;
}

BL_EXPORT int bl_binary_blocks(bl_context *ctx, bl_ptr w, bl_ptr upper, int64_t N, int64_t K, int64_t G, int compat,
                               bl_ptr codes, bl_ptr levels, bl_ptr salient, bl_ptr losses, bl_ptr errors, bl_ptr scratch,
                               bl_stream stream) {
  BL_ENTER(ctx, "bl_binary_blocks");
  BL_TRY(bl::quantize::check_groups("bl_binary_blocks", N, K, G));
  BL_REQUIRE(G >= 2 && G <= BLOCK_COLUMNS, "bl_binary_blocks: blocks of %lld columns; 2 to %d are possible", (long long)G,
             BLOCK_COLUMNS);
  if (N == 0) return BL_OK;
  Scratch parts;
  BL_TRY(divide_scratch(bl::pointer_to<void>(scratch), N, G, &parts));
  double *weights = bl::pointer_to<double>(w);
  const double *factor = bl::pointer_to<const double>(upper);
  uint8_t *marks = bl::pointer_to<uint8_t>(salient), *made = bl::pointer_to<uint8_t>(codes);
  float *numbers = bl::pointer_to<float>(levels);
  const GivenBlocks rounder{made, marks, numbers, K, G};
  Block block{weights, factor, N, K, 0, static_cast<int>(G), compat != 0};
  Feedback feedback{weights, factor, N, K, bl::pointer_to<double>(errors), bl::pointer_to<double>(losses), 0,
                    static_cast<int>(G), compat == 0};
  for (int64_t start = 0; start < K; start += G) {
    block.start = feedback.start = start;
    BL_TRY(find_parts(block, parts, marks, stream));
    binarize_rows<<<bl::divide_up(N, SEARCH_WARPS), 32 * SEARCH_WARPS, 0, bl::stream_of(stream)>>>(block, parts.found, marks, made,
                                                                                                 numbers);
    BL_TRY(bl::launched("bl_binary_blocks"));
    BL_TRY(run_block(ctx, "bl_binary_blocks", weights, feedback, rounder, stream));
  }
  return BL_OK;
}
