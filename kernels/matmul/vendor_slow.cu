/* bl_slow_products: which products the vendor library was not used for. */
#include <algorithm>

#include "vendor_handles.h"

void vendor_note_slow(bl_context *ctx, SlowKind kind, int dtype, int64_t N, int64_t K, bool is_aligned) {
  ctx->vendor->slow.insert({kind, dtype, N, K, is_aligned ? 1 : 0});
}

BL_EXPORT int bl_slow_products(bl_context *ctx, int64_t *products, int64_t most, int64_t *count) {
  BL_ENTER(ctx, "bl_slow_products");
  BL_REQUIRE(count != nullptr && most >= 0 && (products != nullptr || most == 0),
             "bl_slow_products: a null address, or room for %lld products", (long long)most);
  int64_t written = 0;
  for (const auto &product : ctx->vendor->slow) {
    if (written == most) break;
    std::copy(product.begin(), product.end(), products + 5 * written++);
  }
  *count = static_cast<int64_t>(ctx->vendor->slow.size());
  return BL_OK;
}
