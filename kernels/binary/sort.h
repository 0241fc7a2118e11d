/* The sorting of a block's sizes, and the memory of BiLLM's searches. */
#ifndef BITLOSS_BINARY_SORT_H
#define BITLOSS_BINARY_SORT_H

#include <stdint.h>

#include "../bl.h"

namespace bl {
namespace binary {

/* Bytes that sorting `count` keys takes beside the keys themselves. */
int sort_scratch(int64_t count, int64_t *bytes);
/* Keys in rising order, from `from` to `to`; queued. */
int sort_keys(const uint64_t *from, uint64_t *to, int64_t count, void *scratch, int64_t bytes, bl_stream stream);
/* Bytes of scratch of bl_binary_blocks. */
int blocks_scratch(int64_t N, int64_t G, int64_t *bytes);

}  // namespace binary
}  // namespace bl

#endif
