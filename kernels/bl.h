/*
 * The plain C interface of the kernel library. Every function returns a bl_status; none prints or exits; the text of
 * the last failure is bl_message(). Work is queued on the stream that is named and is not finished on return, unless the
 * comment says so. Addresses of type bl_ptr are device memory; `void *` and typed pointers are host memory.
 *
 * Letters: T tokens of a packed chunk, M rows, K in-features, N out-features, H hidden size, V vocabulary, G group size,
 * B texts being generated, S segments. Matrices are row-major; strides count elements. Weights are [N, K].
 * `dtype` is the element type of weights and activations: bl_dtype. Hidden states between blocks are float32, always.
 * Same inputs on the same device give the same bits, and a row's result does not depend on the other rows of a call.
 *
 * The TypeScript declarations are generated from the prototypes in this file: one prototype a function, plain types only.
 */
#ifndef BITLOSS_BL_H
#define BITLOSS_BL_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct bl_context bl_context;
typedef uint64_t bl_ptr;
typedef uint64_t bl_stream;
typedef uint64_t bl_event;
typedef uint64_t bl_graph;

enum bl_status {
  BL_OK = 0,
  BL_BAD_SHAPE = 1,      /* an argument is out of range or a size does not fit another */
  BL_UNSUPPORTED = 2,    /* this device or build cannot do it */
  BL_CUDA = 3,           /* a CUDA call failed; the context may be lost */
  BL_OUT_OF_MEMORY = 4,
  BL_LIBRARY = 5,        /* cuBLAS, cuBLASLt or cuSOLVER failed */
  BL_NOT_POSITIVE = 6    /* a matrix that should be positive definite is not */
};
enum bl_dtype { BL_F32 = 0, BL_F16 = 1, BL_BF16 = 2 };
enum bl_activation { BL_SILU = 0, BL_GELU = 1, BL_GELU_TANH = 2, BL_RELU = 3 };
enum bl_norm_kind { BL_RMS = 0, BL_LAYER = 1 };
enum bl_range { BL_RANGE_ZERO = 0, BL_RANGE_MINMAX = 1, BL_RANGE_FREE = 2 };

/* ---- context, memory, streams, graphs (kernels/context) ---------------------------------------------------------- */

int bl_device_count(int *count);
/* Opens a device: handles of the vendor libraries, a compute stream is not made. On failure *out is NULL. */
int bl_open(int device, bl_context **out);
int bl_close(bl_context *ctx);
/* Text of the last failure on this thread, with the numbers that matter; never NULL. */
const char *bl_message(void);
/* Hash of sources and compiler that the library was built from. */
const char *bl_build(void);
/* name: at least 256 bytes. numbers: int64[8] = compute capability ×10, SMs, L2 bytes, total bytes, free bytes, driver, runtime, shared memory of a block. */
int bl_device(bl_context *ctx, char *name, int64_t *numbers);
int bl_alloc(bl_context *ctx, int64_t bytes, bl_ptr *out);
int bl_free(bl_context *ctx, bl_ptr address);
/* Page-locked host memory, for copies that overlap with work. */
int bl_alloc_host(bl_context *ctx, int64_t bytes, void **out);
int bl_free_host(bl_context *ctx, void *address);
int bl_upload(bl_context *ctx, bl_ptr to, const void *from, int64_t bytes, bl_stream stream);
int bl_download(bl_context *ctx, void *to, bl_ptr from, int64_t bytes, bl_stream stream);
int bl_copy(bl_context *ctx, bl_ptr to, bl_ptr from, int64_t bytes, bl_stream stream);
int bl_fill(bl_context *ctx, bl_ptr to, int value, int64_t bytes, bl_stream stream);
int bl_stream_create(bl_context *ctx, bl_stream *out);
int bl_stream_destroy(bl_context *ctx, bl_stream stream);
/* Blocks until all work of the stream is done; device faults of earlier calls are reported here. */
int bl_synchronize(bl_context *ctx, bl_stream stream);
int bl_event_create(bl_context *ctx, bl_event *out);
int bl_event_destroy(bl_context *ctx, bl_event event);
int bl_event_record(bl_context *ctx, bl_event event, bl_stream stream);
int bl_event_wait(bl_context *ctx, bl_event event, bl_stream stream);
/* Blocks until both have happened. */
int bl_event_elapsed(bl_context *ctx, bl_event from, bl_event to, float *milliseconds);
/* Between begin and end, calls on the stream are recorded instead of run. */
int bl_graph_begin(bl_context *ctx, bl_stream stream);
int bl_graph_end(bl_context *ctx, bl_stream stream, bl_graph *out);
int bl_graph_launch(bl_context *ctx, bl_graph graph, bl_stream stream);
int bl_graph_destroy(bl_context *ctx, bl_graph graph);

/* ---- matrix products (kernels/matmul; the vendor libraries are called in kernels/matmul/vendor.cu only) ------------- */

/* out[M, N] (+)= x[M, K] · wᵀ for w [N, K]; accumulation in float32. `accumulate` 1 adds to out. out_dtype: dtype or BL_F32.
   The algorithm depends on N, K, the types and whether rows of out begin at multiples of 16 bytes, never on M. x_stride ≥ K, w rows are contiguous, out_stride ≥ N. */
int bl_matmul(bl_context *ctx, int dtype, bl_ptr x, int64_t x_stride, bl_ptr w, bl_ptr out, int out_dtype,
              int64_t out_stride, int64_t M, int64_t N, int64_t K, int accumulate, bl_stream stream);
/* gram[K, K] float32 (+)= xᵀ·x for x [M, K]; both triangles. */
int bl_gram(bl_context *ctx, int dtype, bl_ptr x, int64_t x_stride, int64_t M, int64_t K, bl_ptr gram, int accumulate,
            bl_stream stream);
/*
 * What bl_matmul and bl_gram have done since bl_open by kernels of their own, of float32 multiply-adds (at most a tenth of the speed
 * of tensor cores): int64 [most, 5] = 0 for bl_matmul and 1 for bl_gram, dtype, N and K of bl_matmul (of bl_gram, the sides of a
 * panel of its result), and 1 where cuBLASLt has no algorithm, 0 where rows of x or w do not begin at multiples of 16 bytes.
 * Each stands there once; *count is how many there are, of which the first `most` are written.
 */
int bl_slow_products(bl_context *ctx, int64_t *products, int64_t most, int64_t *count);
/* x[M, N] += bias[N] (float32), x of type dtype. */
int bl_bias(bl_context *ctx, int dtype, bl_ptr x, int64_t x_stride, bl_ptr bias, int64_t M, int64_t N, bl_stream stream);
/* Rows of slots[e] … slots[e + 1] of x [rows, K] times experts[e]ᵀ, experts [E, N, K] contiguous; out [rows, N].
   `slots` int32 [E + 1] is read on the device; rows is its last entry or more. */
int bl_grouped_matmul(bl_context *ctx, int dtype, bl_ptr x, bl_ptr experts, bl_ptr out, int out_dtype, bl_ptr slots,
                      int64_t E, int64_t rows, int64_t N, int64_t K, bl_stream stream);

/* ---- element by element (kernels/elementwise) ---------------------------------------------------------------------- */

/* out[T, width] float32 (+)= scale · table[ids[t] + offset, :]; ids int32. */
int bl_gather_rows(bl_context *ctx, int dtype, bl_ptr table, bl_ptr ids, int64_t offset, float scale, bl_ptr out,
                   int64_t T, int64_t width, int accumulate, bl_stream stream);
/* Norm of outer × inner vectors of `width`; vector (i, j) of x starts at i·x_outer + j·x_inner, that of out likewise.
   weight (and bias, or 0) float32 [width]. RMS with unit_offset 1 multiplies by 1 + weight. In place is allowed. */
int bl_norm(bl_context *ctx, int kind, int x_dtype, bl_ptr x, int64_t x_outer, int64_t x_inner, int out_dtype, bl_ptr out,
            int64_t out_outer, int64_t out_inner, bl_ptr weight, bl_ptr bias, float eps, int unit_offset, int64_t outer,
            int64_t inner, int64_t width, bl_stream stream);
/* to[M, width] float32 += factor · from (from_dtype); strides of rows. */
int bl_add(bl_context *ctx, bl_ptr to, int64_t to_stride, int from_dtype, bl_ptr from, int64_t from_stride, float factor,
           int64_t M, int64_t width, bl_stream stream);
/* Copies outer × inner vectors of `width` with conversion; an inner stride of 0 repeats. */
int bl_move(bl_context *ctx, int x_dtype, bl_ptr x, int64_t x_outer, int64_t x_inner, int out_dtype, bl_ptr out,
            int64_t out_outer, int64_t out_inner, int64_t outer, int64_t inner, int64_t width, bl_stream stream);
/* out = act(x); in place is allowed. */
int bl_activate(bl_context *ctx, int dtype, int activation, bl_ptr x, int64_t x_stride, bl_ptr out, int64_t out_stride,
                int64_t M, int64_t width, bl_stream stream);
/* out = act(gate) ⊙ up. */
int bl_glu(bl_context *ctx, int dtype, int activation, bl_ptr gate, int64_t gate_stride, bl_ptr up, int64_t up_stride,
           bl_ptr out, int64_t out_stride, int64_t M, int64_t width, bl_stream stream);
/* Rotates the first 2·half values of T × heads vectors in place. cos, sin float32 [rows, half]; row of token t: rows[t] (int32).
   interleaved 0: value i turns with i + half; 1: value 2i with 2i + 1. */
int bl_rope(bl_context *ctx, int dtype, bl_ptr x, int64_t token_stride, int64_t head_stride, bl_ptr rows, bl_ptr cos,
            bl_ptr sin, int64_t half, int interleaved, int64_t T, int64_t heads, bl_stream stream);
/* Replaces values by those that their codes stand for (eval/engines/forward-quantizer.ts, roundGroups): outer × inner
   vectors of `width`, in groups of G neighbours; in place. range: BL_RANGE_ZERO or BL_RANGE_MINMAX. clip: above 0 to 1.
   Values of magnitude `outliers` or more pass as they are and count as 0 for the grid; 0: none do. */
int bl_round_groups(bl_context *ctx, int dtype, bl_ptr x, int64_t x_outer, int64_t x_inner, int64_t outer, int64_t inner,
                    int64_t width, int64_t G, int bits, int range, int symmetric, float clip, float outliers,
                    bl_stream stream);
/* As bl_round_groups without outliers, in a rotated basis: vectors x of `width` become round(x·R)·Rᵀ, with sums in float32.
   R (eval/math/rotation.ts) is that of the width and the seed; of width = 2^a·m, m odd, m is at most 512. */
int bl_round_rotated(bl_context *ctx, int dtype, bl_ptr x, int64_t x_outer, int64_t x_inner, int64_t outer, int64_t inner,
                     int64_t width, int64_t G, int bits, int range, int symmetric, float clip, int seed, bl_stream stream);
/* out = x·R, or x·Rᵀ where inverse is 1, for M rows of `width`; in place is allowed where the types are the same. */
int bl_rotate_rows(bl_context *ctx, int x_dtype, bl_ptr x, int64_t x_stride, int out_dtype, bl_ptr out, int64_t out_stride,
                   int64_t M, int64_t width, int seed, int inverse, bl_stream stream);
/* Rᵀ·H·R in place, for symmetric H float64 [K, K], with sums in float64. */
int bl_rotate_hessian(bl_context *ctx, bl_ptr hessian, int64_t K, int seed, bl_stream stream);
/* *flag (int32, device) becomes 1 where any of n float32 values is not finite; stays otherwise. */
int bl_check_finite(bl_context *ctx, bl_ptr x, int64_t n, bl_ptr flag, bl_stream stream);

/* ---- attention (kernels/attention) --------------------------------------------------------------------------------- */

/*
 * Queries of segment s are rows query_row … query_row + queries of q and out, at positions first_position + i. Key j of the
 * segment, at position j, is row prefix_row + j of k and v for j < prefix_length, row own_row + j − prefix_length behind it.
 * Query at position p sees keys max(0, p − window + 1) … p (window 0: all up to p). Tiles of keys start at multiples of a
 * fixed number of positions, so that a prefix that is shared gives the same bits as one that is not.
 * segments: int32 [S, 6] = query_row, queries, first_position, prefix_row, prefix_length, own_row.
 * Element (row, head, d) of q is q[row·q_stride + head·qk_dim + d]; k with kv_heads, v and out with v_dim.
 * Scores: scale · q·k; then cap · tanh(s / cap) for soft_cap > 0; then slopes[head] · (j − p) is added where slopes
 * (float32 [heads], the factor multiplied in) is not 0. With rounded_factor > 0, slopes are without the factor and
 * rounded_factor · (slopes[head] · j) is added instead, with j and the product in brackets rounded to bfloat16 (Falcon).
 * max_queries: largest `queries` of all segments.
 */
int bl_attention(bl_context *ctx, int dtype, bl_ptr q, int64_t q_stride, bl_ptr k, int64_t k_stride, bl_ptr v,
                 int64_t v_stride, bl_ptr out, int64_t out_stride, int heads, int kv_heads, int qk_dim, int v_dim,
                 float scale, float soft_cap, int window, bl_ptr slopes, float rounded_factor, bl_ptr segments, int64_t S,
                 int64_t max_queries, int rung, bl_stream stream);
/* Stores rows of keys (or values) in pages: row r of x, `width` values, becomes position positions[r] of text texts[r]; with
   position −1 it is left out.
   cache [pages, page_size, width] of type dtype; page_table int32 [texts, max_pages]; positions and texts int32 [M]. */
int bl_cache_write(bl_context *ctx, int dtype, bl_ptr x, int64_t x_stride, bl_ptr cache, bl_ptr page_table,
                   int64_t max_pages, int64_t page_size, bl_ptr positions, bl_ptr texts, int64_t M, int64_t width,
                   bl_stream stream);
/* One query of each of B texts against its paged keys 0 … positions[b] (int32 [B]); a text with position −1 is left out.
   q and out [B, heads · dim]; k_cache [pages, page_size, kv_heads · qk_dim], v_cache likewise with v_dim.
   Keys are split into runs of a fixed number of positions; `scratch` holds partial results, bl_attention_scratch bytes. */
int bl_attention_decode(bl_context *ctx, int dtype, bl_ptr q, int64_t q_stride, bl_ptr k_cache, bl_ptr v_cache,
                        bl_ptr out, int64_t out_stride, int heads, int kv_heads, int qk_dim, int v_dim, float scale,
                        float soft_cap, int window, bl_ptr slopes, float rounded_factor, bl_ptr page_table,
                        int64_t max_pages, int64_t page_size, bl_ptr positions, int64_t B, bl_ptr scratch,
                        bl_stream stream);
int bl_attention_scratch(int64_t B, int heads, int v_dim, int64_t max_positions, int64_t *bytes);

/* ---- experts (kernels/experts) ------------------------------------------------------------------------------------- */

/* Routing as eval/engines/routing.ts: logits float32 [T, E] → chosen int32 [T, k], shares float32 [T, k],
   slots int32 [E + 1] (where the rows of each expert begin when all T·k are sorted by expert, tokens ascending),
   order int32 [T·k] (row → t·k + j) and places int32 [T, k] (t·k + j → row). groups 0: none. */
int bl_route(bl_context *ctx, bl_ptr logits, int64_t T, int64_t E, int64_t k, int renormalize, float factor, int groups,
             int groups_per_token, bl_ptr chosen, bl_ptr shares, bl_ptr slots, bl_ptr order, bl_ptr places,
             bl_stream stream);
/* out[r, :] = x[order[r] / k, :], rows = T·k. */
int bl_gather_slots(bl_context *ctx, int dtype, bl_ptr x, int64_t x_stride, bl_ptr order, int64_t k, bl_ptr out,
                    int64_t rows, int64_t width, bl_stream stream);
/* to[t, :] float32 += Σ_j shares[t, j] · y[places[t, j], :], j ascending; y of type dtype. */
int bl_mix_experts(bl_context *ctx, int dtype, bl_ptr y, bl_ptr places, bl_ptr shares, int64_t k, bl_ptr to,
                   int64_t to_stride, int64_t T, int64_t width, bl_stream stream);
/* to[t, :] float32 += sigmoid(gate[t]) · y[t, :]; gate float32 [T]; gate 0: factor 1. */
int bl_add_gated(bl_context *ctx, int dtype, bl_ptr y, int64_t y_stride, bl_ptr gate, bl_ptr to, int64_t to_stride,
                 int64_t T, int64_t width, bl_stream stream);

/* ---- selective scan (kernels/scan) --------------------------------------------------------------------------------- */

/*
 * segments: int32 [S, 4] = first row, rows, parent segment or −1, 0. A segment with a parent goes on from the parent's end.
 * max_rows: largest `rows` of all segments. levels: the longest chain of parents above a segment; 0: no segment has one.
 * out = silu(conv(x) + bias): causal convolution over time of each channel; weight float32 [C, width], bias float32 [C] or 0.
 * history (dtype-independent float32 [S, width − 1, C], or 0): the inputs before each segment without parent, replaced by its
 * last width − 1 inputs; 0 means zeros before, and nothing is kept.
 */
int bl_causal_conv(bl_context *ctx, int dtype, bl_ptr x, int64_t x_stride, bl_ptr out, int64_t out_stride, bl_ptr weight,
                   bl_ptr bias, bl_ptr segments, int64_t S, int64_t max_rows, int levels, int64_t C, int64_t width,
                   bl_ptr history, bl_stream stream);
/*
 * Selective scan, Gu and Dao 2023, arXiv:2312.00752, algorithm 2, all in float32:
 * Δ = softplus(step), h ← exp(−Δ · exp(log_decay)) ⊙ h + Δ·b·x, y = Σ c·h + skip·x, out = y · silu(z).
 * x, out [T, C] dtype; step float32 [T, C] with its bias added already; b, c float32 rows of `n` values; z dtype.
 * state float32 [S, C, n]: the state before each segment without parent where `resume` is 1 (else 0), replaced by that at its end.
 */
int bl_selective_scan(bl_context *ctx, int dtype, bl_ptr x, int64_t x_stride, bl_ptr step, int64_t step_stride, bl_ptr b,
                      int64_t b_stride, bl_ptr c, int64_t c_stride, bl_ptr z, int64_t z_stride, bl_ptr out,
                      int64_t out_stride, bl_ptr log_decay, bl_ptr skip, bl_ptr segments, int64_t S, int64_t max_rows,
                      int levels, int64_t C, int64_t n, bl_ptr state, int resume, bl_stream stream);

/* ---- head (kernels/head) ------------------------------------------------------------------------------------------- */

/* One tile of logits, float32 [R, width] with row stride, of token ids first … first + width: adds bias (float32 [width] or 0) and
   caps them in place (soft_cap 0: none), then updates per row: highest (float32), sum (float64) of exp(logit − highest),
   best (int32; the lowest id of equals). first = 0 starts anew. */
int bl_head_update(bl_context *ctx, bl_ptr logits, int64_t stride, int64_t R, int64_t width, int64_t first, bl_ptr bias,
                   float soft_cap, bl_ptr highest, bl_ptr sum, bl_ptr best, bl_stream stream);
/* picked[i] float32 = logits[rows[i], tokens[i] − first] for tokens inside the tile; others stay. rows, tokens int32 [n]. */
int bl_head_pick(bl_context *ctx, bl_ptr logits, int64_t stride, int64_t width, int64_t first, bl_ptr rows, bl_ptr tokens,
                 int64_t n, bl_ptr picked, bl_stream stream);
/* ln p of each target: out float64 [n] = picked − highest − ln(sum) of its row. */
int bl_head_finish(bl_context *ctx, bl_ptr highest, bl_ptr sum, bl_ptr picked, bl_ptr rows, int64_t n, bl_ptr out,
                   bl_stream stream);
/* Two tiles of logits, of the reference p and of q, to both of which bias and cap are applied, without writing them back:
   updates state float64 [R, 5] = highest p, Σe^(p−highest p), Σe^(p−highest p)·(p − q), highest q, Σe^(q−highest q), and
   best int32 [R, 2]. first = 0 starts anew. */
int bl_divergence_update(bl_context *ctx, bl_ptr p, bl_ptr q, int64_t stride, int64_t R, int64_t width, int64_t first,
                         bl_ptr bias, float soft_cap, bl_ptr state, bl_ptr best, bl_stream stream);
/* kl float64 [R] in nats, 0 at least; same uint8 [R]: 1 where both have the same best token. */
int bl_divergence_finish(bl_context *ctx, bl_ptr state, bl_ptr best, int64_t R, bl_ptr kl, bl_ptr same, bl_stream stream);
/* token int32 [B] drawn from softmax(logits / temperature) restricted to top_k (0: all) and top_p (1: all), with the random
   number uniforms[b] in [0, 1) (float32 [B]); temperature 0: the most probable, lowest id of equals. logits float32 [B, V].
   Tokens are ranked by falling logit, equals by rising id. top_k keeps the first k of them; top_p the shortest prefix of what
   is left with at least top_p of its mass. Drawn is the first token at which the cumulative sum exceeds uniform · mass kept.
   NaN and −∞ are never drawn; a row without a finite distribution gives its highest logit. */
int bl_sample(bl_context *ctx, bl_ptr logits, int64_t stride, int64_t B, int64_t V, float temperature, int top_k,
              float top_p, bl_ptr uniforms, bl_ptr token, bl_stream stream);

/* ---- decode steps (kernels/decode) --------------------------------------------------------------------------------- */

/*
 * Operations of a decode step, few rows each. On compute capability 9.0 they start while the kernel before them on the
 * stream still runs, and wait for it before they read what it wrote. Only weights are read before that: work that is still
 * queued on the stream must not write them.
 * bl_decode_linear: out[B, N] (+)= act(x·wᵀ + bias) for x [B, K], in one pass over w for every 64 of up to 1024 rows. bias float32
 * or 0. activation: bl_activation, or −1 for none. gated 1: w [2N, K] (and bias) hold the rows of the gate, then those of up;
 * out = act(gate) ⊙ up. out_dtype: dtype or BL_F32.
 */
int bl_decode_linear(bl_context *ctx, int dtype, bl_ptr x, int64_t x_stride, bl_ptr w, bl_ptr bias, bl_ptr out,
                     int out_dtype, int64_t out_stride, int64_t B, int64_t N, int64_t K, int accumulate, int activation,
                     int gated, bl_stream stream);
/* Norm of B rows of float32 into rows of type dtype; weight (and bias, or 0) float32 [width]. */
int bl_decode_norm(bl_context *ctx, int kind, int dtype, bl_ptr x, int64_t x_stride, bl_ptr out, int64_t out_stride,
                   bl_ptr weight, bl_ptr bias, float eps, int unit_offset, int64_t B, int64_t width, bl_stream stream);
/*
 * Rows of x hold queries [heads, qk_dim], keys [kv_heads, qk_dim] and values [kv_heads, v_dim] of one token of each text.
 * Queries and keys are rotated as by bl_rope, text b with row rows[b] of the tables (half 0: nothing turns); keys and
 * values are stored in the paged caches as by bl_cache_write (k_cache and v_cache 0: they stay in x). A text with
 * position −1 is left out.
 */
int bl_decode_rotate(bl_context *ctx, int dtype, bl_ptr x, int64_t x_stride, int heads, int kv_heads, int qk_dim,
                     int v_dim, bl_ptr cos, bl_ptr sin, bl_ptr rows, int half, int interleaved, bl_ptr k_cache,
                     bl_ptr v_cache, bl_ptr page_table, int64_t max_pages, int64_t page_size, bl_ptr positions,
                     int64_t B, bl_stream stream);
/* For each text with a position: ids[b] = token[b], positions[b] += 1 and each of row_tables tables rows[t · row_stride + b]
   += 1 (all int32); where the logit of the token is not finite, token[b] = −1 instead. logits float32 [B, V]. */
int bl_decode_advance(bl_context *ctx, bl_ptr logits, int64_t stride, bl_ptr token, bl_ptr ids, bl_ptr positions,
                      bl_ptr rows, int64_t row_tables, int64_t row_stride, int64_t B, bl_stream stream);

/* ---- quantization (kernels/quantize) ------------------------------------------------------------------------------- */

/* Weights on the grids of their groups (eval/math/affine.ts, in float64): w of type dtype [N, K] → codes uint8 [N, K], scales float32
   [N, K/G] (each representable in half precision), zeros int16 [N, K/G]. mse 1: shrink search; importance float32 [K] or 0
   weighs its errors by column. A group with a weight that is not finite gets a scale of NaN and codes of 0. */
int bl_round_weights(bl_context *ctx, int dtype, bl_ptr w, int64_t N, int64_t K, int64_t G, int bits, int symmetric,
                     int range, int mse, bl_ptr importance, bl_ptr codes, bl_ptr scales, bl_ptr zeros, bl_stream stream);
/* out[N, K] of type dtype = scale · (code − zero); group_of_column uint16 [K] or 0 (⌊k/G⌋). */
int bl_dequantize(bl_context *ctx, bl_ptr codes, bl_ptr scales, bl_ptr zeros, bl_ptr group_of_column, int64_t N, int64_t K,
                  int64_t G, int dtype, bl_ptr out, bl_stream stream);
/* sums float64 [N, 2]: of each row Σ(w − ŵ)² and Σw², for w of type dtype [N, K] and ŵ in float32 as above. */
int bl_code_errors(bl_context *ctx, int dtype, bl_ptr w, bl_ptr codes, bl_ptr scales, bl_ptr zeros, bl_ptr group_of_column,
                   int64_t N, int64_t K, int64_t G, bl_ptr sums, bl_stream stream);
/* Codes of the nearest of 16 levels (float32, rising from −1 to 1, code 7 is 0), scaled by the largest |w − shift| of their
   group (eval/math/normal-float.ts): w of type dtype [N, K] → codes uint8 [N, K], absmax float32 [N, K/G]. With F > 0 factors
   (float32 [F]) shifts float32 [N, K/G] are searched (eval/math/information.ts; costs float64 [G + 1], G ≤ 1024); with F = 0
   factors, costs and shifts are 0. A group with a weight that is not finite gets an absmax of NaN and codes of 0. */
int bl_round_levels(bl_context *ctx, int dtype, bl_ptr w, int64_t N, int64_t K, int64_t G, bl_ptr levels, bl_ptr factors,
                    int64_t F, bl_ptr costs, bl_ptr codes, bl_ptr absmax, bl_ptr shifts, bl_stream stream);
/* Grids whose zeros are solved for (eval/math/half-quadratic.ts, in float64), 1 to 8 bits: codes uint8 [N, K], scales and
   zeros float32 [N, K/G], each representable in half precision. A group with a weight that is not finite, or with a range too
   wide for half precision, gets a scale of NaN and codes of 0. */
int bl_half_quadratic(bl_context *ctx, int dtype, bl_ptr w, int64_t N, int64_t K, int64_t G, int bits, bl_ptr codes,
                      bl_ptr scales, bl_ptr zeros, bl_stream stream);
/* out[N, K] of type dtype = scale · (levels[code] − zero) + shift, each step rounded to float32: scales, zeros and shifts float32
   [N, K/G], the latter two or 0; levels float32, or 0 where a code is its own level. */
int bl_dequantize_codebook(bl_context *ctx, bl_ptr codes, bl_ptr levels, bl_ptr scales, bl_ptr zeros, bl_ptr shifts, int64_t N,
                           int64_t K, int64_t G, int dtype, bl_ptr out, bl_stream stream);
/* sums float64 [N, 2]: of each row Σ(w − ŵ)² and Σw², for w of type dtype [N, K] and restored float32 [N, K]. */
int bl_weight_errors(bl_context *ctx, int dtype, bl_ptr w, bl_ptr restored, int64_t N, int64_t K, bl_ptr sums,
                     bl_stream stream);
/* out [N, C] = columns (int32 [C]) of w [N, K], both of type dtype. */
int bl_take_columns(bl_context *ctx, int dtype, bl_ptr w, bl_ptr columns, int64_t N, int64_t K, int64_t C, bl_ptr out,
                    bl_stream stream);
/* The reverse: columns of out [N, K] become those of from [N, C]; all others stay. */
int bl_put_columns(bl_context *ctx, int dtype, bl_ptr from, bl_ptr columns, int64_t N, int64_t K, int64_t C, bl_ptr out,
                   bl_stream stream);
/* *flag (int32, device) becomes 1 where any of n float32 values changes when it is rounded to dtype; stays otherwise. */
int bl_check_rounding(bl_context *ctx, int dtype, bl_ptr x, int64_t n, bl_ptr flag, bl_stream stream);
/* LSB-first bit stream of each row, padded to whole bytes (eval/formats/bit-stream.ts): the low bits of codes uint8 [N, K] →
   packed. */
int bl_pack(bl_context *ctx, bl_ptr codes, int64_t N, int64_t K, int bits, bl_ptr packed, bl_stream stream);
/* The reverse of bl_pack. */
int bl_unpack(bl_context *ctx, bl_ptr packed, int64_t N, int64_t K, int bits, bl_ptr codes, bl_stream stream);
/* sums float64 [3, K], added to: of each column of x [M, K] Σ|x|, max|x| (a NaN stays) and Σx². */
int bl_channel_sums(bl_context *ctx, int dtype, bl_ptr x, int64_t x_stride, int64_t M, int64_t K, bl_ptr sums,
                    bl_stream stream);
/* hessian float64 [K, K] (+)= gram float32 [K, K]. */
int bl_hessian_add(bl_context *ctx, bl_ptr hessian, bl_ptr gram, int64_t K, int accumulate, bl_stream stream);
/* upper float64 [K, K] = the upper U with Uᵀ·U = (P·(factor·H)·Pᵀ + damping·mean·I)⁻¹, in visiting order: dead columns get a
   diagonal of 1, columns are ordered by falling diagonal where act_order is 1 (equal ones as they were), mean is that of the
   prepared diagonal. order int32 [K] and dead uint8 [K] are written, and *mean. hessian is symmetric and not modified; scratch
   float64 [K, K]. BL_NOT_POSITIVE where there is no factor; order and dead are written then too, in the original order where
   *mean is not finite. Waits for the result. */
int bl_factor(bl_context *ctx, bl_ptr hessian, int64_t K, double factor, double damping, int act_order, bl_ptr order,
              bl_ptr dead, bl_ptr upper, bl_ptr scratch, double *mean, bl_stream stream);
/*
 * GPTQ's column loop in float64, no host round trip: w float64 [N, K] in visiting order, used up; upper as above;
 * group_of_step int32 [K]; fit 1: grids are fitted as their first column is reached, and one that was fitted on a weight that is
 * not finite has a scale of NaN; fit 0: scales and zeros are given.
 * codes uint8 [N, K] in visiting order; scales float32 [N, K/G], zeros int16 [N, K/G]; losses float64 [N].
 * errors: scratch float64 [N, 512].
 */
int bl_column_loop(bl_context *ctx, bl_ptr w, bl_ptr upper, int64_t N, int64_t K, int64_t G, int bits, int symmetric,
                   int range, int mse, bl_ptr group_of_step, int fit, bl_ptr codes, bl_ptr scales, bl_ptr zeros,
                   bl_ptr losses, bl_ptr errors, bl_stream stream);
/*
 * Passes over codes in which each becomes the best one beside all others (eval/math/column-descent.ts), as column loops. start:
 * arranged float64 [K, K] = the prepared H of bl_factor, in visiting order and with `added` on its diagonal; inverse
 * float64 [K, K] = that of its upper triangle, diagonal included. Waits for the result. step: for w float64 [N, K] and its codes
 * uint8 [N, K], both in visiting order, with a scale and a zero a row, errors = ŵ − w, slopes = errors·H,
 * losses float64 [N] = Σ errors·slopes, and unless it is 0 next = ŵ − slopes·inverse (all float64 [N, K]): bl_column_loop of
 * next with inverse as upper is a pass.
 */
int bl_descent_start(bl_context *ctx, bl_ptr hessian, int64_t K, double factor, double added, bl_ptr order, bl_ptr dead,
                     bl_ptr arranged, bl_ptr inverse, bl_stream stream);
int bl_descent_step(bl_context *ctx, bl_ptr w, bl_ptr codes, bl_ptr scales, bl_ptr zeros, bl_ptr arranged, bl_ptr inverse,
                    int64_t N, int64_t K, bl_ptr errors, bl_ptr slopes, bl_ptr next, bl_ptr losses, bl_stream stream);
/* w float64 [N, K] in visiting order from w of type dtype; columns that are dead (uint8 [K] or 0) become 0. order int32 [K] or 0. */
int bl_visit(bl_context *ctx, int dtype, bl_ptr w, bl_ptr order, bl_ptr dead, int64_t N, int64_t K, bl_ptr out,
             bl_stream stream);
/* Grids of all groups of w float64 [N, K], as bl_round_weights finds them; scales float32 and zeros int16 [N, K/G]. */
int bl_fit_grids(bl_context *ctx, bl_ptr w, int64_t N, int64_t K, int64_t G, int bits, int symmetric, int range, int mse,
                 bl_ptr scales, bl_ptr zeros, bl_stream stream);
/*
 * SparseGPT: bl_column_loop in the original order of columns, with weights of the least |w / U_jj| becoming zero: percent of those
 * of a block of columns, counted so that all blocks together lose the share, or, where run_m > 0, run_n of run_m neighbours when
 * the first of them is reached (run_m 2, 4 or 8; it divides G). bits > 0: what is kept goes on its grid, codes of other weights
 * are arbitrary. bits 0: it is rounded to value_type (bl_dtype), G = K, fit 0, and codes, scales and zeros are not used.
 * kept uint8 [N, K] is written, and with bits 0 restored float32 [N, K]. scores: scratch float64 [N, 128] where run_m is 0;
 * scratch: as that of bl_drop_smallest for N · 128 scores.
 */
int bl_prune_columns(bl_context *ctx, bl_ptr w, bl_ptr upper, int64_t N, int64_t K, int64_t G, int bits, int symmetric,
                     int range, int mse, double percent, int run_n, int run_m, int value_type, bl_ptr group_of_step,
                     int fit, bl_ptr codes, bl_ptr scales, bl_ptr zeros, bl_ptr restored, bl_ptr kept, bl_ptr losses,
                     bl_ptr errors, bl_ptr scores, bl_ptr scratch, bl_stream stream);
/* codes of visiting order back to column order. */
int bl_restore(bl_context *ctx, bl_ptr codes, bl_ptr order, int64_t N, int64_t K, bl_ptr out, bl_stream stream);
/* out[N, K] of type out_dtype = w·columns[k]·rows[n], multiplied in float64; columns float64 [K] or 0, rows float64 [N] or 0. */
int bl_scale_weights(bl_context *ctx, int dtype, bl_ptr w, bl_ptr columns, bl_ptr rows, int64_t N, int64_t K,
                     int out_dtype, bl_ptr out, bl_stream stream);
/* hessian float64 [K, K]: H_ij becomes H_ij·(factors_i·factors_j); factors float64 [K]. */
int bl_scale_hessian(bl_context *ctx, bl_ptr hessian, bl_ptr factors, int64_t K, bl_stream stream);
/* The squares of G columns on the diagonal of hessian float64 [K, K], in type dtype: out [K/G, G, G]. */
int bl_hessian_blocks(bl_context *ctx, bl_ptr hessian, int64_t K, int64_t G, int dtype, bl_ptr out, bl_stream stream);
/* What rounding behind a clamp loses: out[N, K] of type out_dtype = ŵ/columns[k] − w. ŵ is w·columns[k], rounded to float32, then
   each group clamped to ± share of its largest absolute value, on its grid as by bl_round_weights; columns float64 [K] or 0.
   A group with a weight that is not finite becomes NaN. */
int bl_rounding_losses(bl_context *ctx, int dtype, bl_ptr w, bl_ptr columns, int64_t N, int64_t K, int64_t G, int bits,
                       int symmetric, int range, double share, int out_dtype, bl_ptr out, bl_stream stream);
/* sums float64 [N, K/G]: Σ x·y over each group of columns, in float64; x of type dtype, y float32, both [N, K]. */
int bl_group_products(bl_context *ctx, int dtype, bl_ptr x, bl_ptr y, int64_t N, int64_t K, int64_t G, bl_ptr sums,
                      bl_stream stream);
/* Where errors[i] < least[i], least[i] = errors[i] and choice[i] = value (all float64 [n]); first 1: in place of what is there,
   and an error of NaN leaves least infinite. */
int bl_keep_least(bl_context *ctx, bl_ptr errors, int64_t n, double value, int first, bl_ptr least, bl_ptr choice,
                  bl_stream stream);
/* bl_round_weights behind a clamp of each group to ± its share of its largest absolute value; shares float64 [N, K/G]. */
int bl_round_clipped(bl_context *ctx, int dtype, bl_ptr w, int64_t N, int64_t K, int64_t G, int bits, int symmetric,
                     int range, bl_ptr shares, bl_ptr codes, bl_ptr scales, bl_ptr zeros, bl_stream stream);
/* out float64 [K] = the diagonal of x float64 [K, K]. */
int bl_diagonal(bl_context *ctx, bl_ptr x, int64_t K, bl_ptr out, bl_stream stream);
/*
 * One step of a product with a random orthogonal matrix (eval/math/butterfly.ts), in float64, of each of M vectors of n
 * numbers: out_i = added + after_i · Σ_j table[j·n + i] · before_s·x_s, s = from[first_i + j·stride], j < terms. Vectors are the
 * rows of x [M, n], or the columns of x [n, M] where is_column is 1. first, from int32 [n]; members int32 [n]: the results, those
 * of one first, `terms` of them, together; table float64 [terms, n]; before and after float64 [n] or 0; out like x, of float32
 * where is_float is 1.
 */
int bl_mix(bl_context *ctx, bl_ptr x, bl_ptr first, bl_ptr from, bl_ptr members, bl_ptr table, bl_ptr before, bl_ptr after,
           int64_t terms, int64_t stride, int64_t M, int64_t n, int is_column, double added, bl_ptr out, int is_float,
           bl_stream stream);
/* Normal random numbers of deviation `deviation` (Philox), for benchmarks: out [n] of type dtype. */
int bl_random(bl_context *ctx, int dtype, bl_ptr out, int64_t n, float deviation, uint64_t seed, bl_stream stream);

/* ---- pruning (kernels/prune) -------------------------------------------------------------------------------------------- */

/* scores float64 [N, K] = |w| · scale of the column; scale float64 [K] or 0. */
int bl_prune_scores(bl_context *ctx, int dtype, bl_ptr w, bl_ptr scale, int64_t N, int64_t K, bl_ptr scores,
                    bl_stream stream);
/* kept uint8 [segments · length] = 0 for the `count` smallest scores of every segment, of equal ones the first; else 1. scores
   float64, at least 0 and not NaN. scratch: 8256 + 8 · ⌈length / 2048⌉ bytes where there is one segment. */
int bl_drop_smallest(bl_context *ctx, bl_ptr scores, int64_t segments, int64_t length, int64_t count, bl_ptr kept,
                     bl_ptr scratch, bl_stream stream);
/* out float32 [n] = w of type dtype where kept, else 0. */
int bl_mask_weights(bl_context *ctx, int dtype, bl_ptr w, bl_ptr kept, int64_t n, bl_ptr out, bl_stream stream);
/* flags int32 [3]: [0] becomes 1 where a value is no bfloat16, [1] where one is no float16, [2] where one is not finite. */
int bl_find_types(bl_context *ctx, int dtype, bl_ptr w, int64_t n, bl_ptr flags, bl_stream stream);
/* offsets int64 [N + 1]: how many weights are kept in the rows before each, and in all. */
int bl_kept_offsets(bl_context *ctx, bl_ptr kept, int64_t N, int64_t K, bl_ptr offsets, bl_stream stream);
/* list: the kept elements of all [N, K], row by row, each of `size` bytes: 1, 2 or 4. */
int bl_gather_kept(bl_context *ctx, int size, bl_ptr all, bl_ptr kept, bl_ptr offsets, int64_t N, int64_t K, bl_ptr list,
                   bl_stream stream);
/* The reverse; what is not kept is 0. */
int bl_scatter_kept(bl_context *ctx, int size, bl_ptr list, bl_ptr kept, bl_ptr offsets, int64_t N, int64_t K, bl_ptr all,
                    bl_stream stream);
/* codes uint8 [runs] = numbers[set of kept places of each run of m, place 0 in bit 0]; numbers uint8 [2^m]; m 2…16. */
int bl_number_runs(bl_context *ctx, bl_ptr kept, bl_ptr numbers, int64_t runs, int m, bl_ptr codes, bl_stream stream);
/* The reverse; sets uint16: that of each number. */
int bl_open_runs(bl_context *ctx, bl_ptr codes, bl_ptr sets, int64_t runs, int m, bl_ptr kept, bl_stream stream);

/* ---- binarization (kernels/binary) --------------------------------------------------------------------------------- */

/* Weights w are float64 [N, K], finite; upper as in bl_factor, in the order of columns; G divides K. */

/* Bytes of scratch that bl_least_salient and bl_binary_blocks take for such matrices. */
int bl_binary_scratch(bl_context *ctx, int64_t N, int64_t K, int64_t G, int64_t *bytes);
/* is_binary uint8 [N, K]: 1 for the `count` weights of each group of G columns, over all rows, with the smallest |w| / U_kk, and
   for all that equal the last of them; count 0: for none. upper 0: |w|. */
int bl_least_salient(bl_context *ctx, bl_ptr w, bl_ptr upper, int64_t N, int64_t K, int64_t G, int64_t count,
                     bl_ptr is_binary, bl_ptr scratch, bl_stream stream);
/* means and deviations float32 [N, K/G], representable in half precision: of the marked weights of a row and group their mean and
   their mean distance from it; with_zeros 1: all others of the group take part in both as zeros. */
int bl_binary_levels(bl_context *ctx, bl_ptr w, bl_ptr is_binary, int64_t N, int64_t K, int64_t G, int with_zeros,
                     bl_ptr means, bl_ptr deviations, bl_stream stream);
/*
 * PB-LLM's column loop: marked weights become mean ± deviation (codes 1 and 0), others 8-bit codes of their row's grid,
 * scales float32 [N] and zeros int16 [N]. w is used up; codes uint8 [N, K]; losses float64 [N]; errors: scratch float64 [N, 128].
 */
int bl_binary_loop(bl_context *ctx, bl_ptr w, bl_ptr upper, bl_ptr is_binary, int64_t N, int64_t K, int64_t G, bl_ptr means,
                   bl_ptr deviations, bl_ptr scales, bl_ptr zeros, bl_ptr codes, bl_ptr losses, bl_ptr errors,
                   bl_stream stream);
/*
 * BiLLM for blocks of G ≤ 128 columns (eval/math/binary-blocks.ts): codes uint8 [N, K] of two bits, levels float32 [N, K/G, 7],
 * salient uint8 [K]; losses float64 [N]; errors: scratch float64 [N, 128]. w is used up.
 */
int bl_binary_blocks(bl_context *ctx, bl_ptr w, bl_ptr upper, int64_t N, int64_t K, int64_t G, int compat, bl_ptr codes,
                     bl_ptr levels, bl_ptr salient, bl_ptr losses, bl_ptr errors, bl_ptr scratch, bl_stream stream);
/* counts int32 [N]: weights of each row that are not marked. */
int bl_count_unmarked(bl_context *ctx, bl_ptr marks, int64_t N, int64_t K, bl_ptr counts, bl_stream stream);
/* high uint8: codes >> 1 of the weights that are not marked, row after row; first int64 [N]: where those of a row begin. */
int bl_gather_high(bl_context *ctx, bl_ptr marks, bl_ptr codes, bl_ptr first, int64_t N, int64_t K, bl_ptr high,
                   bl_stream stream);
/* The reverse: codes |= high << 1 where there is no mark. */
int bl_spread_high(bl_context *ctx, bl_ptr marks, bl_ptr high, bl_ptr first, int64_t N, int64_t K, bl_ptr codes,
                   bl_stream stream);
/* out [N, K] of type dtype from what bl_binary_loop made. */
int bl_restore_binary(bl_context *ctx, bl_ptr is_binary, bl_ptr codes, bl_ptr means, bl_ptr deviations, bl_ptr scales,
                      bl_ptr zeros, int64_t N, int64_t K, int64_t G, int dtype, bl_ptr out, bl_stream stream);
/* out [N, K] of type dtype from what bl_binary_blocks made. */
int bl_restore_blocks(bl_context *ctx, bl_ptr codes, bl_ptr levels, bl_ptr salient, int64_t N, int64_t K, int64_t G,
                      int dtype, bl_ptr out, bl_stream stream);
/*
 * DB-LLM (eval/math/dual-binary.ts): codes uint8 [N, K] of two bits, first and second float32 [N, K/G], representable in half
 * precision, or NaN for a group with a weight that is not finite; importance float64 [K]. w is used up; losses float64 [N]; errors:
 * scratch float64 [N, 128].
 */
int bl_dual_loop(bl_context *ctx, bl_ptr w, bl_ptr upper, bl_ptr importance, int64_t N, int64_t K, int64_t G, bl_ptr codes,
                 bl_ptr first, bl_ptr second, bl_ptr losses, bl_ptr errors, bl_stream stream);
/* out [N, K] of type dtype from what bl_dual_loop made. */
int bl_restore_dual(bl_context *ctx, bl_ptr codes, bl_ptr first, bl_ptr second, int64_t N, int64_t K, int64_t G, int dtype,
                    bl_ptr out, bl_stream stream);

/* ---- mixed bits (kernels/mixed) ------------------------------------------------------------------------------------ */

/* w, upper and G as for binarization; bits uint8 [K/G], 1 to 8: those of the columns of a group. */

/* salience float64 [K/G]: the sum of (w / U_kk)² over all rows and the columns of a group. */
int bl_group_salience(bl_context *ctx, bl_ptr w, bl_ptr upper, int64_t N, int64_t K, int64_t G, bl_ptr salience,
                      bl_stream stream);
/* out float64 [N, columns]: w − ŵ of whole groups from column `start` on, rounded to nearest with so many bits, each column less its
   mean over the rows; with one bit ŵ = mean ± mean distance. scratch float64 [16, columns]. */
int bl_rounding_residuals(bl_context *ctx, bl_ptr w, int64_t N, int64_t K, int64_t G, int64_t start, int64_t columns, int bits,
                          bl_ptr out, bl_ptr scratch, bl_stream stream);
/*
 * Puts next float64 [N, G] in place of the columns from `start` on of errors float64 [N, K]; growth float64 [1]: by how much that
 * makes the sum over rows of d·H·dᵀ grow, for H = factor · hessian float64 [K, K]. scratch float64 [2·N·G + 256].
 */
int bl_replace_group(bl_context *ctx, bl_ptr errors, bl_ptr next, bl_ptr hessian, double factor, int64_t N, int64_t K, int64_t G,
                     int64_t start, bl_ptr scratch, bl_ptr growth, bl_stream stream);
/*
 * SliM-LLM's column loop (eval/math/mixed-groups.ts): codes uint8 [N, K]; scales and zeros float32 [N, K/G], of groups of one bit
 * distance and mean; those of a group with a weight that is not finite are not finite. w is used up; losses float64 [N]; errors:
 * scratch float64 [N, 128].
 */
int bl_mixed_loop(bl_context *ctx, bl_ptr w, bl_ptr upper, bl_ptr bits, int64_t N, int64_t K, int64_t G, bl_ptr codes,
                  bl_ptr scales, bl_ptr zeros, bl_ptr losses, bl_ptr errors, bl_stream stream);
/* packed: of each group a stream of bits for every row, padded to whole bytes, as by bl_pack; first int64 [K/G]: the byte where the
   streams of a group begin. */
int bl_pack_mixed(bl_context *ctx, bl_ptr codes, bl_ptr bits, bl_ptr first, int64_t N, int64_t K, int64_t G, bl_ptr packed,
                  bl_stream stream);
/* out [N, K] of type dtype from what bl_mixed_loop and bl_pack_mixed made. */
int bl_restore_mixed(bl_context *ctx, bl_ptr packed, bl_ptr bits, bl_ptr first, bl_ptr scales, bl_ptr zeros, int64_t N, int64_t K,
                     int64_t G, int dtype, bl_ptr out, bl_stream stream);

#ifdef __cplusplus
}
#endif
#endif
