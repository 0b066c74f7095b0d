// Links the CUDA kernels and cuBLAS. Where there is no GPU it shows that this is said clearly;
// where there is one, that it gives the bits of the bodies' twin on the processor.
#include "kernels/cuda/cuda_device.h"

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "tests/kernels/cuda/device_cases.h"
#include "tests/kernels/cuda/twin_device.h"

namespace gyre::kernels::cuda {
namespace {

class OnGpu : public testing::Test {
 protected:
  void SetUp() override {
    absl::StatusOr<std::unique_ptr<Device>> device = OpenCudaDevice(0);
    if (!device.ok()) GTEST_SKIP() << device.status();
    device_ = *std::move(device);
  }

  std::unique_ptr<Device> device_;
};

TEST(CudaDevice, SaysByCudasOwnNameWhyThereIsNone) {
  const absl::StatusOr<std::unique_ptr<Device>> device = OpenCudaDevice(0);
  if (device.ok()) GTEST_SKIP() << "there is a GPU";
  EXPECT_EQ(device.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(device.status().message()),
              testing::AnyOf(testing::HasSubstr("looking for GPUs: cudaError"),
                             testing::HasSubstr("there is no GPU 0; CUDA sees 0")));
}

TEST_F(OnGpu, HasNoGpuOfAnImpossibleNumber) {
  const absl::Status status = OpenCudaDevice(1000).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), testing::HasSubstr("there is no GPU 1000"));
}

TEST_F(OnGpu, GivesTheTwinsBits) {
  for (const DeviceCase& device_case : DeviceCases()) {
    TwinDevice twin;
    ExpectSameBits(device_case.run(*device_), device_case.run(twin), device_case.name);
  }
}

TEST_F(OnGpu, MultipliesMatrices) {
  RandomTensors random(1);
  for (const ElementType type : {ElementType::kF32, ElementType::kBf16}) {
    const std::vector<float> x = random.Floats(5 * 200);
    const std::vector<float> w = random.Floats(70 * 200);
    const std::vector<float> y = random.Floats(5 * 70);
    const auto multiply = [&](Device& device, bool accumulate) {
      const ElementVector device_x(device, type, x);
      const ElementVector device_w(device, type, w);
      const DeviceVector<float> device_y(device, y);
      device.Run(LinearTask{.type = type,
                            .x = device_x.data(),
                            .rows = 5,
                            .w = device_w.data(),
                            .inputs = 200,
                            .outputs = 70,
                            .y = device_y.data(),
                            .accumulate = accumulate});
      return device_y.Host();
    };
    for (const bool accumulate : {false, true}) {
      TwinDevice twin;
      const std::vector<float> expected = multiply(twin, accumulate);
      const std::vector<float> actual = multiply(*device_, accumulate);
      // TF32 would be off by 1e-2.
      for (size_t i = 0; i < expected.size(); ++i)
        ASSERT_NEAR(actual[i], expected[i], 2e-5 * (1 + std::abs(expected[i])));
    }
  }
}

TEST_F(OnGpu, SaysWhatCannotBeAllocated) {
  const absl::Status status = device_->Allocate(int64_t{1} << 50).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(status.message()), testing::HasSubstr("cudaErrorMemoryAllocation"));
}

}  // namespace
}  // namespace gyre::kernels::cuda
