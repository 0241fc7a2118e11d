/* Describes a matrix to the bulk copy engine. */
#ifndef BITLOSS_EXPERTS_TENSOR_MAP_H
#define BITLOSS_EXPERTS_TENSOR_MAP_H

#include "../instructions/tensor_map.h"

namespace bl::experts {

/**
 * A matrix [rows, columns] of 16-bit values without gaps, cut in boxes of box_rows × 64 whose rows of 128 bytes are swizzled.
 * The address is a multiple of 16 bytes, columns of 8.
 */
inline int describe_matrix(const char *op, CUtensorMap *map, int dtype, bl_ptr address, int64_t rows, int64_t columns,
                           int box_rows) {
  decltype(&cuTensorMapEncodeTiled) encode = nullptr;
  BL_TRY(find_encode(op, &encode));
  const auto type = dtype == BL_F16 ? CU_TENSOR_MAP_DATA_TYPE_FLOAT16 : CU_TENSOR_MAP_DATA_TYPE_BFLOAT16;
  const cuuint64_t sizes[2] = {static_cast<cuuint64_t>(columns), static_cast<cuuint64_t>(rows)};
  const cuuint64_t row_bytes[1] = {static_cast<cuuint64_t>(columns) * 2};
  const cuuint32_t box[2] = {64, static_cast<cuuint32_t>(box_rows)};
  const cuuint32_t steps[2] = {1, 1};
  const CUresult made = encode(map, type, 2, pointer_to<void>(address), sizes, row_bytes, box, steps,
                               CU_TENSOR_MAP_INTERLEAVE_NONE, CU_TENSOR_MAP_SWIZZLE_128B,
                               CU_TENSOR_MAP_L2_PROMOTION_L2_256B, CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE);
  if (made == CUDA_SUCCESS) return BL_OK;
  return fail(BL_CUDA, "%s: a tensor map of [%lld, %lld] was refused with CUresult %d", op, (long long)rows,
              (long long)columns, static_cast<int>(made));
}

}  // namespace bl::experts

#endif
