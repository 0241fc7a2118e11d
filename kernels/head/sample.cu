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

/* The most probable token, lowest id of equals; 0 where nothing is above −∞. */
__device__ __forceinline__ Best best_of(const bl::Tokens &tokens, float *shared) {
  float highest = -INFINITY;
  int id = 0;
  tokens.each([&](int at, float logit) {
    if (!(logit > highest)) return;
    highest = logit;
    id = at;
  });
  const float most = bl::block_max(highest, shared, -INFINITY);
  const bool has_best = highest == most && most != -INFINITY;
  const int lowest = -bl::block_max(has_best ? -id : -INT32_MAX, reinterpret_cast<int *>(shared), -INT32_MAX);
  return {most, lowest == INT32_MAX ? 0 : lowest};
}

__global__ void __launch_bounds__(bl::SEARCH_THREADS) sample_kernel(const Sample job) {
  __shared__ float shared[32];
  __shared__ bl::SearchMemory memory;
  const int64_t row = blockIdx.x;
  bl::Tokens tokens = {job.logits + row * job.stride, job.V, job.aligned, 0, job.inverse_temperature};
  const Best best = best_of(tokens, shared);
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
  answer(bl::token_in(tokens, drawn, memory));
}

}  // namespace

BL_EXPORT int bl_sample(bl_context *ctx, bl_ptr logits, int64_t stride, int64_t B, int64_t V, float temperature, int top_k,
                        float top_p, bl_ptr uniforms, bl_ptr token, bl_stream stream) {
  const char *op = "bl_sample";
  BL_ENTER(ctx, op);
  BL_REQUIRE(B >= 0 && B < INT32_MAX && V >= 1 && V <= bl::MOST_TOKENS && stride >= V,
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
  sample_kernel<<<static_cast<unsigned>(B), bl::SEARCH_THREADS, 0, bl::stream_of(stream)>>>(job);
  return bl::launched(op);
}
