/* Rung 0 of rotations (eval/math/rotation.ts): the same steps in float64. Included behind what it uses in reference.h. */
#ifndef BITLOSS_ELEMENTWISE_REFERENCE_ROTATE_H
#define BITLOSS_ELEMENTWISE_REFERENCE_ROTATE_H

#include <vector>

#include "../reference/bl_reference.h"

namespace {

double sign_at(int seed, int64_t k) {
  uint32_t z = static_cast<uint32_t>(seed) + static_cast<uint32_t>(k + 1) * 0x9e3779b9u;
  z = (z ^ (z >> 16)) * 0x85ebca6bu;
  z = (z ^ (z >> 13)) * 0xc2b2ae35u;
  return ((z ^ (z >> 16)) & 1) != 0 ? -1 : 1;
}

/* x·R, or x·Rᵀ, in place. */
void rotate_row(std::vector<double> &x, int seed, bool inverse) {
  const auto width = static_cast<int64_t>(x.size());
  int64_t odd = width;
  while (odd % 2 == 0) odd /= 2;
  for (int64_t k = 0; k < width && !inverse; ++k) x[k] *= sign_at(seed, k);
  for (int64_t step = odd; step < width; step *= 2) {
    for (int64_t i = 0; i < width; ++i) {
      if ((i / step) % 2 != 0) continue;
      const double a = x[i], b = x[i + step];
      x[i] = (a + b) * sqrt(0.5);
      x[i + step] = (a - b) * sqrt(0.5);
    }
  }
  std::vector<double> before(odd);
  for (int64_t start = 0; start < width && odd > 1; start += odd) {
    for (int64_t j = 0; j < odd; ++j) before[j] = x[start + j];
    for (int64_t i = 0; i < odd; ++i) {
      double sum = 0;
      for (int64_t j = 0; j < odd; ++j) {
        const double angle = 2 * M_PI * static_cast<double>(i * j % odd) / static_cast<double>(odd);
        sum += before[j] * (cos(angle) + sin(angle)) / sqrt(static_cast<double>(odd));
      }
      x[start + i] = sum;
    }
  }
  for (int64_t k = 0; k < width && inverse; ++k) x[k] *= sign_at(seed, k);
}

}  // namespace

BL_EXPORT int blr_rotate_rows(int x_dtype, const void *x, int64_t x_stride, int out_dtype, void *out, int64_t out_stride,
                              int64_t M, int64_t width, int seed, int inverse) {
  BL_REQUIRE(M >= 0 && width >= 1, "blr_rotate_rows: %lld rows of %lld values", (long long)M, (long long)width);
  std::vector<double> row(width);
  for (int64_t m = 0; m < M; ++m) {
    for (int64_t k = 0; k < width; ++k) row[k] = bl::load(x_dtype, x, m * x_stride + k);
    rotate_row(row, seed, inverse != 0);
    for (int64_t k = 0; k < width; ++k) bl::store(out_dtype, out, m * out_stride + k, static_cast<float>(row[k]));
  }
  return BL_OK;
}

BL_EXPORT int blr_round_rotated(int dtype, void *x, int64_t x_outer, int64_t x_inner, int64_t outer, int64_t inner,
                                int64_t width, int64_t G, int bits, int range, int symmetric, float clip, int seed) {
  std::vector<float> vector(width);
  int status = BL_OK;
  over_vectors(outer, inner, x_outer, x_inner, 0, 0, [&](int64_t start, int64_t) {
    if (status != BL_OK) return;
    for (int64_t k = 0; k < width; ++k) vector[k] = bl::load(dtype, x, start + k);
    float *turned = vector.data();
    blr_rotate_rows(BL_F32, turned, width, BL_F32, turned, width, 1, width, seed, 0);
    status = blr_round_groups(BL_F32, turned, width, 0, 1, 1, width, G, bits, range, symmetric, clip, 0);
    blr_rotate_rows(BL_F32, turned, width, BL_F32, turned, width, 1, width, seed, 1);
    for (int64_t k = 0; k < width; ++k) bl::store(dtype, x, start + k, turned[k]);
  });
  return status;
}

BL_EXPORT int blr_rotate_hessian(void *hessian, int64_t K, int seed) {
  BL_REQUIRE(K >= 1, "blr_rotate_hessian: K = %lld", (long long)K);
  double *values = static_cast<double *>(hessian);
  std::vector<double> row(K);
  for (int side = 0; side < 2; ++side) {
    for (int64_t i = 0; i < K; ++i) {
      row.assign(values + i * K, values + (i + 1) * K);
      rotate_row(row, seed, false);
      for (int64_t j = 0; j < K; ++j) values[i * K + j] = row[j];
    }
    for (int64_t i = 0; i < K; ++i) {
      for (int64_t j = 0; j < i; ++j) {
        const double value = values[i * K + j];
        values[i * K + j] = values[j * K + i];
        values[j * K + i] = value;
      }
    }
  }
  return BL_OK;
}

#endif
