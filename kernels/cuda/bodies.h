// Which bodies do a task. `run(body, task)` is called for each of them in order, with an instance
// of the body's type; it launches it, or runs it on the processor (tests/kernels/cuda/).
#pragma once

#include "kernels/cuda/body/attention_join.h"
#include "kernels/cuda/body/attention_part.h"
#include "kernels/cuda/body/bias.h"
#include "kernels/cuda/body/embedding.h"
#include "kernels/cuda/body/kv_write.h"
#include "kernels/cuda/body/log_softmax.h"
#include "kernels/cuda/body/rms_norm.h"
#include "kernels/cuda/body/rope.h"
#include "kernels/cuda/body/sample.h"
#include "kernels/cuda/body/swiglu.h"
#include "kernels/cuda/element.h"
#include "kernels/cuda/tasks.h"

namespace gyre::kernels::cuda {

template <typename Runner>
void RunBodies(const EmbeddingTask& task, Runner run) {
  WithElement(task.type, [&]<typename Weight>() { run(EmbeddingBody<Weight>(), task); });
}

template <typename Runner>
void RunBodies(const BiasTask& task, Runner run) {
  run(BiasBody(), task);
}

template <typename Runner>
void RunBodies(const RmsNormTask& task, Runner run) {
  WithElement(task.y_type, [&]<typename Out>() { run(RmsNormBody<Out>(), task); });
}

template <typename Runner>
void RunBodies(const RopeTask& task, Runner run) {
  run(RopeBody(), task);
}

template <typename Runner>
void RunBodies(const SwigluTask& task, Runner run) {
  WithElement(task.y_type, [&]<typename Out>() { run(SwigluBody<Out>(), task); });
}

template <typename Runner>
void RunBodies(const KvWriteTask& task, Runner run) {
  WithElement(task.cache.type, [&]<typename Cached>() { run(KvWriteBody<Cached>(), task); });
}

template <typename Runner>
void RunBodies(const AttentionTask& task, Runner run) {
  WithElement(task.cache.type, [&]<typename Cached>() { run(AttentionPartBody<Cached>(), task); });
  WithElement(task.out_type, [&]<typename Out>() { run(AttentionJoinBody<Out>(), task); });
}

template <typename Runner>
void RunBodies(const LogSoftmaxTask& task, Runner run) {
  if (task.entropy != nullptr) {
    run(LogSoftmaxBody<true>(), task);
  } else {
    run(LogSoftmaxBody<false>(), task);
  }
}

template <typename Runner>
void RunBodies(const SampleTask& task, Runner run) {
  run(SampleBody(), task);
}

}  // namespace gyre::kernels::cuda
