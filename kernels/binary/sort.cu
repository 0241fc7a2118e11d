/* A radix sort of 64-bit keys by CUB, in a unit of its own since its templates take long to compile. */
#include <cub/device/device_radix_sort.cuh>

#include "../common.cuh"
#include "sort.h"

namespace bl {
namespace binary {

int sort_scratch(int64_t count, int64_t *bytes) {
  size_t needed = 0;
  BL_CUDA_TRY("bl_binary_scratch", cub::DeviceRadixSort::SortKeys(nullptr, needed, static_cast<const uint64_t *>(nullptr),
                                                                  static_cast<uint64_t *>(nullptr), count));
  *bytes = static_cast<int64_t>(needed);
  return BL_OK;
}

int sort_keys(const uint64_t *from, uint64_t *to, int64_t count, void *scratch, int64_t bytes, bl_stream stream) {
  size_t room = static_cast<size_t>(bytes);
  BL_CUDA_TRY("bl_binary_blocks",
              cub::DeviceRadixSort::SortKeys(scratch, room, from, to, count, 0, 64, bl::stream_of(stream)));
  return BL_OK;
}

}  // namespace binary
}  // namespace bl
