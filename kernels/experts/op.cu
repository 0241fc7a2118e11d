/* Routing of tokens to experts and the way back. */
#include <type_traits>

#include "../common.cuh"
#include "checks.h"
#include "counting_sort.cuh"
#include "rows.cuh"

using namespace bl;
using namespace bl::experts;

namespace {

/** Tokens up to which one block does the whole routing. */
constexpr int64_t FEW_TOKENS = 16;
/** Rows beyond this many are walked in a loop. */
constexpr int64_t MAX_GRID_ROWS = 65535;

/** Blocks for `rows` rows of `units` units, a thread each. */
dim3 row_grid(int64_t rows, int64_t units) {
  return dim3(static_cast<unsigned>(divide_up(units, ROW_THREADS)),
              static_cast<unsigned>(rows < MAX_GRID_ROWS ? rows : MAX_GRID_ROWS));
}

/** Calls body(Type<Element>{}, constant VECTOR) with the widest access that addresses, strides and width allow. */
template <class Body>
int with_rows(const char *op, int dtype, bool wide, Body &&body) {
  return with_dtype(op, dtype, [&](auto type) {
    using Element = typename decltype(type)::type;
    if (wide) body(type, std::integral_constant<int, lanes_of<Element>>{});
    else body(type, std::integral_constant<int, 1>{});
    return launched(op);
  });
}

/** Whether rows of y (dtype) and of `to` (float32) can be walked with 16 bytes of y at a time. */
bool is_wide(int dtype, bl_ptr y, int64_t y_stride, bl_ptr to, int64_t to_stride, int64_t width) {
  const int64_t lanes = 16 / bytes_of(dtype);
  // As many float32 values as there are lanes are read at once, 32 bytes for 16-bit types.
  return y % 16 == 0 && to % (4 * lanes) == 0 && y_stride % lanes == 0 && to_stride % lanes == 0 && width % lanes == 0;
}

}  // namespace

BL_EXPORT int bl_route(bl_context *ctx, bl_ptr logits, int64_t T, int64_t E, int64_t k, int renormalize, float factor,
                       int groups, int groups_per_token, bl_ptr chosen, bl_ptr shares, bl_ptr slots, bl_ptr order,
                       bl_ptr places, bl_stream stream) {
  constexpr const char *OP = "bl_route";
  BL_ENTER(ctx, OP);
  BL_TRY(check_rule(OP, T, E, k, groups, groups_per_token));
  const Rule rule = {static_cast<int>(E), static_cast<int>(k), renormalize, factor, groups, groups_per_token};
  const auto on = stream_of(stream);
  const auto from = pointer_to<const float>(logits);
  const auto own_chosen = pointer_to<int32_t>(chosen);
  const auto own_shares = pointer_to<float>(shares);
  const auto own_slots = pointer_to<int32_t>(slots);
  const auto own_order = pointer_to<int32_t>(order);
  const auto own_places = pointer_to<int32_t>(places);
  if (T <= FEW_TOKENS) {
    route_few_kernel<<<1, SORT_THREADS, 0, on>>>(from, static_cast<int>(T), rule, own_chosen, own_shares, own_slots,
                                                 own_order, own_places);
    return launched(OP);
  }
  const int64_t items = T * k;
  const int64_t per_block = items_of_block(items);
  const int blocks = static_cast<int>(divide_up(items, per_block));
  const auto blocks_of = [](int64_t work, int64_t each) { return static_cast<unsigned>(divide_up(work, each)); };
  pick_kernel<<<blocks_of(T, SORT_WARPS), SORT_THREADS, 0, on>>>(from, T, rule, own_chosen, own_shares);
  if (blocks == 1) {
    sort_block_kernel<<<1, SORT_THREADS, 0, on>>>(own_chosen, static_cast<int>(items), rule.E, own_slots, own_order,
                                                  own_places);
    return launched(OP);
  }
  count_kernel<<<blocks, SORT_THREADS, 0, on>>>(own_chosen, items, per_block, rule.E, own_order);
  offsets_kernel<<<1, MAX_EXPERTS, 0, on>>>(own_order, blocks, rule.E, own_slots);
  place_kernel<<<blocks, SORT_THREADS, 0, on>>>(own_chosen, items, per_block, rule.E, own_order, own_places);
  invert_kernel<<<blocks_of(items, SORT_THREADS), SORT_THREADS, 0, on>>>(own_places, items, own_order);
  return launched(OP);
}

BL_EXPORT int bl_gather_slots(bl_context *ctx, int dtype, bl_ptr x, int64_t x_stride, bl_ptr order, int64_t k,
                              bl_ptr out, int64_t rows, int64_t width, bl_stream stream) {
  constexpr const char *OP = "bl_gather_slots";
  BL_ENTER(ctx, OP);
  BL_REQUIRE(is_dtype(dtype), "%s: dtype %d is none of 0, 1, 2", OP, dtype);
  BL_TRY(check_gather(OP, x_stride, k, rows, width));
  if (rows == 0) return BL_OK;
  const auto on = stream_of(stream);
  const auto gather = [&](auto unit, int64_t bytes) {
    using Unit = decltype(unit);
    const int64_t per_unit = static_cast<int64_t>(sizeof(Unit)) / bytes;
    gather_kernel<<<row_grid(rows, width / per_unit), ROW_THREADS, 0, on>>>(
        pointer_to<const Unit>(x), x_stride / per_unit, pointer_to<const int32_t>(order), static_cast<int>(k),
        pointer_to<Unit>(out), rows, width / per_unit);
    return launched(OP);
  };
  const int64_t bytes = bytes_of(dtype);
  const bool wide = x % 16 == 0 && out % 16 == 0 && x_stride * bytes % 16 == 0 && width * bytes % 16 == 0;
  if (wide) return gather(uint4{}, bytes);
  return dtype == BL_F32 ? gather(uint32_t{}, bytes) : gather(uint16_t{}, bytes);
}

BL_EXPORT int bl_mix_experts(bl_context *ctx, int dtype, bl_ptr y, bl_ptr places, bl_ptr shares, int64_t k, bl_ptr to,
                             int64_t to_stride, int64_t T, int64_t width, bl_stream stream) {
  constexpr const char *OP = "bl_mix_experts";
  BL_ENTER(ctx, OP);
  BL_TRY(check_mix(OP, k, to_stride, T, width));
  if (T == 0) return BL_OK;
  return with_rows(OP, dtype, is_wide(dtype, y, width, to, to_stride, width), [&](auto type, auto vector) {
    using Element = typename decltype(type)::type;
    constexpr int VECTOR = decltype(vector)::value;
    mix_kernel<Element, VECTOR><<<row_grid(T, width / VECTOR), ROW_THREADS, 0, stream_of(stream)>>>(
        pointer_to<const Element>(y), pointer_to<const int32_t>(places), pointer_to<const float>(shares),
        static_cast<int>(k), pointer_to<float>(to), to_stride, T, width);
  });
}

BL_EXPORT int bl_add_gated(bl_context *ctx, int dtype, bl_ptr y, int64_t y_stride, bl_ptr gate, bl_ptr to,
                           int64_t to_stride, int64_t T, int64_t width, bl_stream stream) {
  constexpr const char *OP = "bl_add_gated";
  BL_ENTER(ctx, OP);
  BL_TRY(check_add_gated(OP, y_stride, to_stride, T, width));
  if (T == 0) return BL_OK;
  return with_rows(OP, dtype, is_wide(dtype, y, y_stride, to, to_stride, width), [&](auto type, auto vector) {
    using Element = typename decltype(type)::type;
    constexpr int VECTOR = decltype(vector)::value;
    add_gated_kernel<Element, VECTOR><<<row_grid(T, width / VECTOR), ROW_THREADS, 0, stream_of(stream)>>>(
        pointer_to<const Element>(y), y_stride, pointer_to<const float>(gate), pointer_to<float>(to), to_stride, T,
        width);
  });
}
