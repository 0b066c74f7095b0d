#pragma once

#include <cstdint>
#include <deque>
#include <variant>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/mutex.h"
#include "engine/generation_request.h"

namespace gyre::engine {

// What comes of a request, in order: its tokens one by one, a sample when it has ended.
using GenerationEvent = std::variant<NewToken, FinishedSample>;

// From the thread of an EngineDriver to whoever has submitted a request. It never holds up the
// engine: what nobody takes stays, which is no more than the request's tokens. Any thread.
class GenerationStream {
 public:
  explicit GenerationStream(uint64_t request_id) : request_id_(request_id) {}
  GenerationStream(const GenerationStream&) = delete;
  GenerationStream& operator=(const GenerationStream&) = delete;

  uint64_t request_id() const { return request_id_; }

  // The next event. Blocks until there is one, until `deadline`.
  //   OUT_OF_RANGE        all samples have ended, and have come out
  //   DEADLINE_EXCEEDED   nothing yet
  //   CANCELLED           the request was cancelled, or the driver closed
  //   others              what Engine::Add says of the request
  absl::StatusOr<GenerationEvent> Next(absl::Time deadline) ABSL_LOCKS_EXCLUDED(mutex_);

  // For the driver.
  void Push(GenerationEvent event) ABSL_LOCKS_EXCLUDED(mutex_);
  // No more events come; only the first call counts. Not OK.
  void End(absl::Status why) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  const uint64_t request_id_;
  base::Mutex mutex_;
  base::CondVar changed_;
  std::deque<GenerationEvent> events_ ABSL_GUARDED_BY(mutex_);
  absl::Status end_ ABSL_GUARDED_BY(mutex_);  // OK: more come
};

}  // namespace gyre::engine
