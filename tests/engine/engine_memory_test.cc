// The engine's memory does not grow with the number of requests that it has served.
#include <unistd.h>

#include <fstream>

#include "engine/engine.h"
#include "tests/engine/tiny_policies.h"

namespace gyre::engine {
namespace {

// The sanitizers take their time, and hold back freed memory.
#ifdef __SANITIZE_ADDRESS__
constexpr uint64_t kRequests = 1000;
constexpr int64_t kMostGrowthKib = int64_t{1} << 20;
#else
constexpr uint64_t kRequests = 10'000;
constexpr int64_t kMostGrowthKib = 2048;
#endif

int64_t ResidentKib() {
  int64_t pages = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> pages >> resident;
  return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

TEST(EngineMemory, StaysFlatOverTenThousandRequestsOfRandomLengths) {
  Engine engine({.config = model::TinyConfig(),
                 .max_sequences = 32,
                 .kv_blocks = 60,
                 .threads = 2,
                 .kept_for_growth = 0});
  ASSERT_TRUE(engine.InstallPolicy(TinyPolicy(1)).ok());
  std::mt19937 random(1);
  std::vector<FinishedSample> finished;
  uint64_t added = 0, samples = 0, wanted = 0;
  const auto serve = [&](uint64_t requests) {
    for (;;) {
      while (added < requests && engine.counters().sequences_waiting < 40) {
        const auto prompt_tokens = static_cast<int32_t>(1 + random() % 60);
        const auto count = static_cast<int32_t>(1 + random() % 4);
        wanted += static_cast<uint64_t>(count);
        ASSERT_TRUE(engine
                        .Add(TinyRequest(added++, prompt_tokens, count,
                                         static_cast<int32_t>(1 + random() % 50)))
                        .ok());
      }
      if (!engine.Step(finished)) break;
      samples += finished.size();
      finished.clear();
    }
  };
  serve(kRequests / 10);
  const int64_t before = ResidentKib();
  serve(kRequests);
  EXPECT_EQ(samples, wanted);
  EXPECT_GT(engine.counters().preemptions, 100u);
  EXPECT_LT(ResidentKib() - before, kMostGrowthKib);
}

}  // namespace
}  // namespace gyre::engine
