/* Describes rows of heads to the copy engine. */
#ifndef BITLOSS_ATTENTION_TENSOR_MAP_CUH
#define BITLOSS_ATTENTION_TENSOR_MAP_CUH

#include "../instructions/tensor_map.h"

namespace bl::attention {

/*
 * Rows of `heads` vectors of `dim` 16-bit elements as [row, head, column], read in boxes of box_rows rows, one head and 64
 * columns, laid out as `describe` expects them; columns from dim on become zeros. How many rows there are is not known:
 * only rows that exist may be asked for.
 */
inline int map_heads(CUtensorMap *map, const void *matrix, int64_t stride, int heads, int dim, int box_rows) {
  decltype(&cuTensorMapEncodeTiled) encode = nullptr;
  BL_TRY(find_encode("bl_attention", &encode));
  const cuuint64_t sizes[3] = {static_cast<cuuint64_t>(dim), static_cast<cuuint64_t>(heads), 1ull << 31};
  const cuuint64_t strides[2] = {static_cast<cuuint64_t>(dim) * 2, static_cast<cuuint64_t>(stride) * 2};
  const cuuint32_t box[3] = {64, 1, static_cast<cuuint32_t>(box_rows)}, steps[3] = {1, 1, 1};
  const CUresult status = encode(map, CU_TENSOR_MAP_DATA_TYPE_UINT16, 3, const_cast<void *>(matrix), sizes, strides, box, steps,
                                 CU_TENSOR_MAP_INTERLEAVE_NONE, CU_TENSOR_MAP_SWIZZLE_128B,
                                 CU_TENSOR_MAP_L2_PROMOTION_L2_256B, CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE);
  if (status == CUDA_SUCCESS) return BL_OK;
  return fail(BL_CUDA, "bl_attention: cuTensorMapEncodeTiled returned %d for %d heads of %d values, stride %lld",
              static_cast<int>(status), heads, dim, static_cast<long long>(stride));
}

}  // namespace bl::attention

#endif
