/* The asynchronous product of a warpgroup (wgmma, sm_90a) that experts need, and boxes of a matrix by the copy engine. */
#ifndef BITLOSS_EXPERTS_WARPGROUP_CUH
#define BITLOSS_EXPERTS_WARPGROUP_CUH

#include <cuda.h>

#include <type_traits>

#include "../instructions/warpgroups.cuh"

namespace bl::experts {

#if BL_HAS_WARPGROUPS

/** Copies the box of a matrix whose first value is (row, column); what lies outside the matrix becomes zero. */
__device__ __forceinline__ void copy_box(uint32_t to, const CUtensorMap &map, int column, int row, uint32_t barrier) {
  asm volatile(
      "cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1, {%2, %3}], [%4];\n" ::"r"(to),
      "l"(&map), "r"(column), "r"(row), "r"(barrier)
      : "memory");
}

/** Keeps the compiler from using sums before the wait above it. */
__device__ __forceinline__ void use_products(float (&d)[128]) {
#pragma unroll
  for (int i = 0; i < 128; ++i) asm volatile("" : "+f"(d[i])::"memory");
}

/* clang-format off */
#define BL_PLACES \
  "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, " \
  "%16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, " \
  "%32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47, " \
  "%48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63, " \
  "%64, %65, %66, %67, %68, %69, %70, %71, %72, %73, %74, %75, %76, %77, %78, %79, " \
  "%80, %81, %82, %83, %84, %85, %86, %87, %88, %89, %90, %91, %92, %93, %94, %95, " \
  "%96, %97, %98, %99, %100, %101, %102, %103, %104, %105, %106, %107, %108, %109, %110, %111, " \
  "%112, %113, %114, %115, %116, %117, %118, %119, %120, %121, %122, %123, %124, %125, %126, %127"
#define BL_SUMS4(i) "+f"(d[i]), "+f"(d[i + 1]), "+f"(d[i + 2]), "+f"(d[i + 3])
#define BL_SUMS16(i) BL_SUMS4(i), BL_SUMS4(i + 4), BL_SUMS4(i + 8), BL_SUMS4(i + 12)
#define BL_SUMS BL_SUMS16(0), BL_SUMS16(16), BL_SUMS16(32), BL_SUMS16(48), \
                BL_SUMS16(64), BL_SUMS16(80), BL_SUMS16(96), BL_SUMS16(112)
/* clang-format on */

/** d[64, 256] += a[64, 16] · b[256, 16]ᵀ by 128 threads; thread t has rows 16·(t / 32) + t % 32 / 4 (+ 8), pairs of columns. */
template <class Element>
__device__ __forceinline__ void multiply_warpgroup(float (&d)[128], uint64_t a, uint64_t b) {
  if constexpr (std::is_same_v<Element, __half>) {
    asm volatile("wgmma.mma_async.sync.aligned.m64n256k16.f32.f16.f16 {" BL_PLACES "}, %128, %129, 1, 1, 1, 0, 0;\n"
                 : BL_SUMS
                 : "l"(a), "l"(b));
  } else {
    asm volatile("wgmma.mma_async.sync.aligned.m64n256k16.f32.bf16.bf16 {" BL_PLACES "}, %128, %129, 1, 1, 1, 0, 0;\n"
                 : BL_SUMS
                 : "l"(a), "l"(b));
  }
}

#undef BL_PLACES
#undef BL_SUMS4
#undef BL_SUMS16
#undef BL_SUMS

#endif

}  // namespace bl::experts

#endif
