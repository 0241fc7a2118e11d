/* Draws tokens: greedy, or from what temperature, top-k and top-p leave (Holtzman et al. 2020, arXiv:1904.09751, section 3). */
#include "search.cuh"

namespace {

struct Sample {
  const float *logits;
  int64_t stride;
  int V, top_k;
  bool aligned, greedy;
  float inverse_temperature, top_p;
  const float *uniforms;
  int32_t *token;
};

struct Best {
  float highest;
  int id;
};

/* The most probable token of the row, lowest id of equals; 0 where nothing is above −∞. */
__device__ __forceinline__ Best best_of(const bl::Tokens &tokens, bl::SearchMemory &memory) {
  __shared__ int shared[32];
  float highest = -INFINITY;
  int id = INT32_MAX;
  tokens.each([&](int at, float logit) {
    if (!(logit > highest)) return;
    highest = logit;
    id = at;
  });
  const float most = bl::block_max(highest, reinterpret_cast<float *>(shared), -INFINITY);
  const int lowest = -bl::block_max(highest == most ? -id : -INT32_MAX, shared, -INT32_MAX);
  if (threadIdx.x == 0) {
    memory.highest = most;
    memory.best = lowest;
  }
  const bl::Team team;
  team.sync();
  Best best = {-INFINITY, INT32_MAX};
  for (int rank = 0; rank < team.size(); ++rank) {
    const float other = *team.of(rank, &memory.highest);
    const int other_id = *team.of(rank, &memory.best);
    if (other > best.highest || (other == best.highest && other_id < best.id)) best = {other, other_id};
  }
  team.sync();
  return {best.highest, best.id == INT32_MAX ? 0 : best.id};
}

__global__ void __launch_bounds__(bl::SEARCH_THREADS) sample_kernel(const Sample job) {
  __shared__ bl::SearchMemory memory;
  const int64_t row = blockIdx.x / bl::Team().size();
  bl::Tokens tokens = {job.logits + row * job.stride, job.V, job.aligned, 0, job.inverse_temperature};
  const Best best = best_of(tokens, memory);
  const auto answer = [&](int token) {
    if (threadIdx.x == 0) job.token[row] = token;
  };
  if (job.greedy) return answer(best.id);

  tokens.highest = best.highest;
  const bl::Bucket buckets = bl::split(tokens, bl::Range{}, memory);
  if (threadIdx.x == bl::SEARCH_THREADS - 1) memory.range.inside = buckets.up_to;
  __syncthreads();
  bl::Tally kept = memory.range.inside;
  __syncthreads();
  // An overflowed row has no distribution.
  if (kept.count == 0) return answer(best.id);
  const auto cut = [&](auto reached) {
    const bl::Range last = bl::find(tokens, buckets, reached, memory);
    kept = {last.before.mass + last.inside.mass, last.before.count + last.inside.count};
  };
  const auto most = static_cast<uint32_t>(job.top_k);
  if (job.top_k > 0 && most < kept.count) cut([most](const bl::Tally &up_to) { return up_to.count >= most; });
  if (job.top_p < 1) {
    const double needed = static_cast<double>(job.top_p) * static_cast<double>(kept.mass);
    cut([needed](const bl::Tally &up_to) { return static_cast<double>(up_to.mass) >= needed; });
  }
  const double wanted = static_cast<double>(job.uniforms[row]) * static_cast<double>(kept.mass);
  // At 53 bits, the product can only reach the mass itself where the uniform number is 1 or more.
  const uint64_t target = min(static_cast<uint64_t>(wanted), kept.mass - 1);
  const bl::Range drawn = bl::find(tokens, buckets, [target](const bl::Tally &up_to) { return up_to.mass > target; }, memory);
  bl::store_token(tokens, drawn, job.token + row);
}

/* Blocks for each row: as many as clusters can have where there are clusters, and few rows with much to read. The answer does
   not depend on it. */
int team_size(int64_t B, int64_t V, int *size) {
  *size = 1;
  if (B > 64 || V < 2 * 4 * bl::SEARCH_THREADS) return BL_OK;
  int device = 0, major = 0;
  BL_CUDA_TRY("bl_sample", cudaGetDevice(&device));
  BL_CUDA_TRY("bl_sample", cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device));
  if (major >= 9) *size = 8;
  return BL_OK;
}

}  // namespace

BL_EXPORT int bl_sample(bl_context *ctx, bl_ptr logits, int64_t stride, int64_t B, int64_t V, float temperature, int top_k,
                        float top_p, bl_ptr uniforms, bl_ptr token, bl_stream stream) {
  const char *op = "bl_sample";
  BL_ENTER(ctx, op);
  BL_REQUIRE(B >= 0 && B < (1 << 24) && V >= 1 && V <= bl::MOST_TOKENS && stride >= V,
             "%s: %lld rows of %lld logits, %lld apart; rows must not overlap and have at most %lld logits", op, (long long)B,
             (long long)V, (long long)stride, (long long)bl::MOST_TOKENS);
  BL_REQUIRE(temperature >= 0 && top_p > 0 && top_k >= 0,
             "%s: temperature %g, top_k %d, top_p %g; none may be negative and top_p must be above 0", op, temperature, top_k,
             top_p);
  // A temperature without a finite inverse leaves only the most probable token.
  const bool greedy = temperature == 0 || isinf(1.0f / temperature) || top_k == 1;
  BL_REQUIRE(greedy || uniforms != 0, "%s: temperature %g needs one random number a row", op, temperature);
  if (B == 0) return BL_OK;
  const Sample job = {bl::pointer_to<float>(logits), stride, static_cast<int>(V), top_k, bl::is_aligned<float>(logits, stride),
                      greedy, 1.0f / temperature, top_p, bl::pointer_to<float>(uniforms), bl::pointer_to<int32_t>(token)};
  int size = 1;
  BL_TRY(team_size(B, V, &size));
  cudaLaunchAttribute cluster = {};
  cluster.id = cudaLaunchAttributeClusterDimension;
  cluster.val.clusterDim = {static_cast<unsigned>(size), 1, 1};
  cudaLaunchConfig_t launch = {};
  launch.gridDim = dim3(static_cast<unsigned>(B * size));
  launch.blockDim = dim3(bl::SEARCH_THREADS);
  launch.stream = bl::stream_of(stream);
  launch.attrs = &cluster;
  launch.numAttrs = size > 1 ? 1 : 0;
  BL_CUDA_TRY(op, cudaLaunchKernelEx(&launch, sample_kernel, job));
  return bl::launched(op);
}
