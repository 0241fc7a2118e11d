/* One opened device. Everything that lives longer than a call hangs here. */
#ifndef BITLOSS_CONTEXT_H
#define BITLOSS_CONTEXT_H

#include <stdint.h>

#include "../bl.h"

/* Handles, chosen algorithms and workspaces of the vendor libraries; kernels/matmul/vendor.cu alone knows what is inside. */
struct bl_vendor;

struct bl_context {
  int device;
  int multiprocessors;
  /* Compute capability × 10: 80, 89, 90, … */
  int capability;
  /* Largest shared memory of one block, bytes, when a kernel asks for it. */
  int64_t shared_bytes;
  bl_vendor *vendor;
};

#endif
