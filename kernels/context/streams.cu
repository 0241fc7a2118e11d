/* Streams, events, and graphs recorded from a stream. */
#include "../common.cuh"
#include "context.h"

static cudaEvent_t event_of(bl_event event) { return reinterpret_cast<cudaEvent_t>(event); }
static cudaGraphExec_t graph_of(bl_graph graph) { return reinterpret_cast<cudaGraphExec_t>(graph); }

BL_EXPORT int bl_stream_create(bl_context *ctx, bl_stream *out) {
  BL_ENTER(ctx, "bl_stream_create");
  BL_REQUIRE(out != nullptr, "bl_stream_create: out is null");
  cudaStream_t stream = nullptr;
  BL_CUDA_TRY("bl_stream_create", cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
  *out = reinterpret_cast<bl_stream>(stream);
  return BL_OK;
}

BL_EXPORT int bl_stream_destroy(bl_context *ctx, bl_stream stream) {
  BL_ENTER(ctx, "bl_stream_destroy");
  BL_CUDA_TRY("bl_stream_destroy", cudaStreamDestroy(bl::stream_of(stream)));
  return BL_OK;
}

BL_EXPORT int bl_synchronize(bl_context *ctx, bl_stream stream) {
  BL_ENTER(ctx, "bl_synchronize");
  BL_CUDA_TRY("bl_synchronize", cudaStreamSynchronize(bl::stream_of(stream)));
  return BL_OK;
}

BL_EXPORT int bl_event_create(bl_context *ctx, bl_event *out) {
  BL_ENTER(ctx, "bl_event_create");
  BL_REQUIRE(out != nullptr, "bl_event_create: out is null");
  cudaEvent_t event = nullptr;
  BL_CUDA_TRY("bl_event_create", cudaEventCreate(&event));
  *out = reinterpret_cast<bl_event>(event);
  return BL_OK;
}

BL_EXPORT int bl_event_destroy(bl_context *ctx, bl_event event) {
  BL_ENTER(ctx, "bl_event_destroy");
  BL_CUDA_TRY("bl_event_destroy", cudaEventDestroy(event_of(event)));
  return BL_OK;
}

BL_EXPORT int bl_event_record(bl_context *ctx, bl_event event, bl_stream stream) {
  BL_ENTER(ctx, "bl_event_record");
  BL_CUDA_TRY("bl_event_record", cudaEventRecord(event_of(event), bl::stream_of(stream)));
  return BL_OK;
}

BL_EXPORT int bl_event_wait(bl_context *ctx, bl_event event, bl_stream stream) {
  BL_ENTER(ctx, "bl_event_wait");
  BL_CUDA_TRY("bl_event_wait", cudaStreamWaitEvent(bl::stream_of(stream), event_of(event), 0));
  return BL_OK;
}

BL_EXPORT int bl_event_elapsed(bl_context *ctx, bl_event from, bl_event to, float *milliseconds) {
  BL_ENTER(ctx, "bl_event_elapsed");
  BL_REQUIRE(milliseconds != nullptr, "bl_event_elapsed: milliseconds is null");
  BL_CUDA_TRY("bl_event_elapsed", cudaEventSynchronize(event_of(from)));
  BL_CUDA_TRY("bl_event_elapsed", cudaEventSynchronize(event_of(to)));
  BL_CUDA_TRY("bl_event_elapsed", cudaEventElapsedTime(milliseconds, event_of(from), event_of(to)));
  return BL_OK;
}

BL_EXPORT int bl_graph_begin(bl_context *ctx, bl_stream stream) {
  BL_ENTER(ctx, "bl_graph_begin");
  // Thread-local: other threads of the process may go on allocating memory meanwhile.
  BL_CUDA_TRY("bl_graph_begin", cudaStreamBeginCapture(bl::stream_of(stream), cudaStreamCaptureModeThreadLocal));
  return BL_OK;
}

BL_EXPORT int bl_graph_end(bl_context *ctx, bl_stream stream, bl_graph *out) {
  BL_ENTER(ctx, "bl_graph_end");
  BL_REQUIRE(out != nullptr, "bl_graph_end: out is null");
  *out = 0;
  cudaGraph_t graph = nullptr;
  BL_CUDA_TRY("bl_graph_end", cudaStreamEndCapture(bl::stream_of(stream), &graph));
  cudaGraphExec_t runnable = nullptr;
  const cudaError_t error = cudaGraphInstantiate(&runnable, graph, 0);
  cudaGraphDestroy(graph);
  BL_CUDA_TRY("bl_graph_end", error);
  *out = reinterpret_cast<bl_graph>(runnable);
  return BL_OK;
}

BL_EXPORT int bl_graph_launch(bl_context *ctx, bl_graph graph, bl_stream stream) {
  BL_ENTER(ctx, "bl_graph_launch");
  BL_CUDA_TRY("bl_graph_launch", cudaGraphLaunch(graph_of(graph), bl::stream_of(stream)));
  return BL_OK;
}

BL_EXPORT int bl_graph_destroy(bl_context *ctx, bl_graph graph) {
  BL_ENTER(ctx, "bl_graph_destroy");
  BL_CUDA_TRY("bl_graph_destroy", cudaGraphExecDestroy(graph_of(graph)));
  return BL_OK;
}
