/* What pruning consists of besides the column loop: scores, selection, and lists of kept weights. */
#include "../context/context.h"
#include "layout.cuh"

using namespace bl::prune;

/* Segments up to this length are ranked by comparing every score with every other. */
static constexpr int64_t SHORT = 128;

static int drop_in_one(const char *op, const Selection &in, cudaStream_t stream) {
  Place *place = static_cast<Place *>(in.scratch);
  uint32_t *bins = reinterpret_cast<uint32_t *>(static_cast<char *>(in.scratch) + 64);
  int64_t *counts = reinterpret_cast<int64_t *>(bins + BINS);
  const int64_t tiles = bl::divide_up(in.length, TILE);
  // Enough to fill any device, few enough that adding up their bins is cheap.
  const unsigned blocks = static_cast<unsigned>(tiles < 1024 ? tiles : 1024);
  begin_place<<<1, PICK_THREADS, 0, stream>>>(place, bins, in.count);
  for (int pass = 0; pass < PASSES; ++pass) {
    count_digits<<<blocks, ROW_THREADS, 0, stream>>>(in.scores, in.length, pass, place, bins);
    pick<<<1, PICK_THREADS, 0, stream>>>(bins, pass, place);
  }
  count_ties<<<static_cast<unsigned>(tiles), TILE_THREADS, 0, stream>>>(in.scores, in.length, place, counts);
  sum_counts<<<1, PICK_THREADS, 0, stream>>>(counts, tiles);
  drop_in_tiles<<<static_cast<unsigned>(tiles), TILE_THREADS, 0, stream>>>(in, place, counts);
  return bl::launched(op);
}

int bl::prune::drop_smallest(const char *op, const Selection &in, cudaStream_t stream) {
  if (in.length <= SHORT) {
    drop_in_runs<<<static_cast<unsigned>(bl::divide_up(in.segments * in.length, TILE_THREADS)), TILE_THREADS, 0, stream>>>(in);
    return bl::launched(op);
  }
  if (in.segments == 1 && in.count > 0) return drop_in_one(op, in, stream);
  // With nothing to drop no digit is ever picked, so that every score stays above the place.
  drop_in_rows<<<static_cast<unsigned>(in.segments), ROW_THREADS, 0, stream>>>(in);
  return bl::launched(op);
}

BL_EXPORT int bl_drop_smallest(bl_context *ctx, bl_ptr scores, int64_t segments, int64_t length, int64_t count,
                               bl_ptr kept, bl_ptr scratch, bl_stream stream) {
  BL_ENTER(ctx, "bl_drop_smallest");
  BL_REQUIRE(segments >= 0 && length >= 1 && length < (1ll << 32) && count >= 0 && count <= length,
             "bl_drop_smallest: %lld of %lld scores in %lld segments", (long long)count, (long long)length,
             (long long)segments);
  if (segments == 0) return BL_OK;
  const Selection in{bl::pointer_to<const double>(scores), segments, length, count, bl::pointer_to<uint8_t>(kept), length,
                     length, bl::pointer_to<void>(scratch)};
  return drop_smallest("bl_drop_smallest", in, bl::stream_of(stream));
}

BL_EXPORT int bl_prune_scores(bl_context *ctx, int dtype, bl_ptr w, bl_ptr scale, int64_t N, int64_t K, bl_ptr scores,
                              bl_stream stream) {
  BL_ENTER(ctx, "bl_prune_scores");
  BL_REQUIRE(N >= 0 && K >= 1, "bl_prune_scores: N = %lld, K = %lld", (long long)N, (long long)K);
  if (N == 0) return BL_OK;
  return bl::with_dtype("bl_prune_scores", dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    scores_of<T><<<blocks_for(N * K), THREADS, 0, bl::stream_of(stream)>>>(
        bl::pointer_to<const T>(w), bl::pointer_to<const double>(scale), N, K, bl::pointer_to<double>(scores));
    return bl::launched("bl_prune_scores");
  });
}

BL_EXPORT int bl_mask_weights(bl_context *ctx, int dtype, bl_ptr w, bl_ptr kept, int64_t n, bl_ptr out, bl_stream stream) {
  BL_ENTER(ctx, "bl_mask_weights");
  BL_REQUIRE(n >= 0, "bl_mask_weights: n = %lld", (long long)n);
  if (n == 0) return BL_OK;
  return bl::with_dtype("bl_mask_weights", dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    mask<T><<<blocks_for(n), THREADS, 0, bl::stream_of(stream)>>>(
        bl::pointer_to<const T>(w), bl::pointer_to<const uint8_t>(kept), n, bl::pointer_to<float>(out));
    return bl::launched("bl_mask_weights");
  });
}

BL_EXPORT int bl_find_types(bl_context *ctx, int dtype, bl_ptr w, int64_t n, bl_ptr flags, bl_stream stream) {
  BL_ENTER(ctx, "bl_find_types");
  BL_REQUIRE(n >= 0, "bl_find_types: n = %lld", (long long)n);
  if (n == 0) return BL_OK;
  const unsigned most = 64 * static_cast<unsigned>(ctx->multiprocessors);
  const unsigned blocks = blocks_for(n) < most ? blocks_for(n) : most;
  return bl::with_dtype("bl_find_types", dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    find_types<T><<<blocks, THREADS, 0, bl::stream_of(stream)>>>(bl::pointer_to<const T>(w), n,
                                                                 bl::pointer_to<int32_t>(flags));
    return bl::launched("bl_find_types");
  });
}

BL_EXPORT int bl_kept_offsets(bl_context *ctx, bl_ptr kept, int64_t N, int64_t K, bl_ptr offsets, bl_stream stream) {
  BL_ENTER(ctx, "bl_kept_offsets");
  BL_REQUIRE(N >= 0 && K >= 1, "bl_kept_offsets: N = %lld, K = %lld", (long long)N, (long long)K);
  int64_t *counts = bl::pointer_to<int64_t>(offsets);
  if (N > 0) {
    count_kept<<<static_cast<unsigned>(N), THREADS, 0, bl::stream_of(stream)>>>(bl::pointer_to<const uint8_t>(kept), K, counts);
  }
  // The number behind the last row is not read, only replaced by the sum of all.
  sum_counts<<<1, PICK_THREADS, 0, bl::stream_of(stream)>>>(counts, N + 1);
  return bl::launched("bl_kept_offsets");
}

/* Calls body(Type<unsigned integer of `size` bytes>{}). */
template <class Body>
static int with_size(const char *op, int size, int64_t N, int64_t K, Body &&body) {
  BL_REQUIRE(N >= 0 && K >= 1 && (size == 1 || size == 2 || size == 4),
             "%s: N = %lld, K = %lld, elements of %d bytes; 1, 2 and 4 are possible", op, (long long)N, (long long)K, size);
  if (N == 0) return BL_OK;
  if (size == 1) body(bl::Type<uint8_t>{});
  if (size == 2) body(bl::Type<uint16_t>{});
  if (size == 4) body(bl::Type<uint32_t>{});
  return bl::launched(op);
}

BL_EXPORT int bl_gather_kept(bl_context *ctx, int size, bl_ptr all, bl_ptr kept, bl_ptr offsets, int64_t N, int64_t K,
                             bl_ptr list, bl_stream stream) {
  BL_ENTER(ctx, "bl_gather_kept");
  return with_size("bl_gather_kept", size, N, K, [&](auto type) {
    using T = typename decltype(type)::type;
    gather<T><<<static_cast<unsigned>(N), THREADS, 0, bl::stream_of(stream)>>>(
        bl::pointer_to<const T>(all), bl::pointer_to<const uint8_t>(kept), bl::pointer_to<const int64_t>(offsets), K,
        bl::pointer_to<T>(list));
  });
}

BL_EXPORT int bl_scatter_kept(bl_context *ctx, int size, bl_ptr list, bl_ptr kept, bl_ptr offsets, int64_t N, int64_t K,
                              bl_ptr all, bl_stream stream) {
  BL_ENTER(ctx, "bl_scatter_kept");
  return with_size("bl_scatter_kept", size, N, K, [&](auto type) {
    using T = typename decltype(type)::type;
    scatter<T><<<static_cast<unsigned>(N), THREADS, 0, bl::stream_of(stream)>>>(
        bl::pointer_to<const T>(list), bl::pointer_to<const uint8_t>(kept), bl::pointer_to<const int64_t>(offsets), K,
        bl::pointer_to<T>(all));
  });
}

BL_EXPORT int bl_number_runs(bl_context *ctx, bl_ptr kept, bl_ptr numbers, int64_t runs, int m, bl_ptr codes,
                             bl_stream stream) {
  BL_ENTER(ctx, "bl_number_runs");
  BL_REQUIRE(runs >= 0 && m >= 2 && m <= 16, "bl_number_runs: %lld runs of %d; 2 to 16 are possible", (long long)runs, m);
  if (runs == 0) return BL_OK;
  number_runs<<<blocks_for(runs), THREADS, 0, bl::stream_of(stream)>>>(
      bl::pointer_to<const uint8_t>(kept), bl::pointer_to<const uint8_t>(numbers), runs, m, bl::pointer_to<uint8_t>(codes));
  return bl::launched("bl_number_runs");
}

BL_EXPORT int bl_open_runs(bl_context *ctx, bl_ptr codes, bl_ptr sets, int64_t runs, int m, bl_ptr kept,
                           bl_stream stream) {
  BL_ENTER(ctx, "bl_open_runs");
  BL_REQUIRE(runs >= 0 && m >= 2 && m <= 16, "bl_open_runs: %lld runs of %d; 2 to 16 are possible", (long long)runs, m);
  if (runs == 0) return BL_OK;
  open_runs<<<blocks_for(runs), THREADS, 0, bl::stream_of(stream)>>>(
      bl::pointer_to<const uint8_t>(codes), bl::pointer_to<const uint16_t>(sets), runs, m, bl::pointer_to<uint8_t>(kept));
  return bl::launched("bl_open_runs");
}
