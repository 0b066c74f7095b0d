// The bodies are sound as a team's work: no result depends on whose turn is when, which it would if
// a barrier were missing, nor on memory that nobody has written.
#include <cmath>
#include <utility>
#include <vector>

#include "tests/kernels/cuda/device_cases.h"
#include "tests/kernels/cuda/twin_device.h"

namespace gyre::kernels::cuda {
namespace {

TEST(CudaBodies, GiveTheSameBitsInWhateverOrderThreadsAndTeamsRun) {
  for (const DeviceCase& device_case : DeviceCases()) {
    TwinDevice forwards(TwinOrder::kForwards);
    const std::vector<float> expected = device_case.run(forwards);
    for (const float value : expected) ASSERT_FALSE(std::isnan(value)) << device_case.name;
    for (const TwinOrder order : {TwinOrder::kBackwards, TwinOrder::kShuffled}) {
      TwinDevice device(order);
      ExpectSameBits(device_case.run(device), expected, device_case.name);
      EXPECT_EQ(device.allocations(), 0u) << "buffers free what they own";
    }
  }
}

// A body without the barrier between writing and reading another thread's part: the order shows.
struct BrokenBody {
  struct Task {
    float* y;
  };
  static constexpr int kThreads = 4;

  template <typename Team>
  static void Run(const Team& team, float (&shared)[kThreads], const Task& task) {
    team.Phase([&](int thread) {
      shared[thread] = static_cast<float>(thread);
      task.y[thread] = shared[kThreads - 1 - thread];
    });
  }
};

TEST(CudaBodies, ShowAMissingBarrier) {
  std::vector<std::vector<float>> results;
  for (const std::vector<int>& turns :
       {std::vector<int>{0, 1, 2, 3}, std::vector<int>{3, 2, 1, 0}}) {
    float shared[BrokenBody::kThreads] = {-1, -1, -1, -1};
    std::vector<float> y(BrokenBody::kThreads);
    BrokenBody::Run(TwinTeam(turns), shared, {y.data()});
    results.push_back(y);
  }
  EXPECT_NE(results[0], results[1]);
}

TEST(DeviceBuffer, FreesGrowsAndSaysWhenThereIsNoRoom) {
  TwinDevice device;
  {
    DeviceBuffer buffer(device);
    EXPECT_TRUE(buffer.Reserve(100).ok());
    const void* first = buffer.data();
    EXPECT_TRUE(buffer.Reserve(50).ok());
    EXPECT_EQ(buffer.data(), first);
    EXPECT_TRUE(buffer.Reserve(1000).ok());
    EXPECT_EQ(buffer.bytes(), 1000);
    EXPECT_EQ(device.allocations(), 1u);
    const DeviceBuffer moved = std::move(buffer);
    EXPECT_EQ(moved.bytes(), 1000);
    device.LimitAllocations(5000);
    DeviceBuffer large(device);
    EXPECT_EQ(large.Reserve(5001).code(), absl::StatusCode::kResourceExhausted);
    EXPECT_EQ(large.data(), nullptr);
  }
  EXPECT_EQ(device.allocations(), 0u);
}

}  // namespace
}  // namespace gyre::kernels::cuda
