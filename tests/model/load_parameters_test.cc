#include "model/load_parameters.h"

#include <limits>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/model/tiny_models.h"
#include "weights/hf_folder_writer.h"

namespace gyre::model {
namespace {

using testing::HasSubstr;

TEST(LoadParameters, ReadsBackWhatWasWritten) {
  for (const NamedConfig& named : TinyConfigs()) {
    const Parameters parameters = RandomParameters(named.config, 2);
    const std::string folder = testing::TempDir() + "/gyre_load_parameters_test";
    ASSERT_TRUE(
        weights::WriteHfFolder(folder, parameters.config(), TensorsOf(parameters), {}).ok());
    const auto read = weights::OpenModel(folder);
    ASSERT_TRUE(read.ok()) << read.status();
    const auto loaded = LoadParameters(**read);
    ASSERT_TRUE(loaded.ok()) << loaded.status();
    EXPECT_EQ(loaded->flat(), parameters.flat());
    EXPECT_EQ(loaded->config(), parameters.config());
  }
}

TEST(LoadParameters, RefusesWeightsThatAreNotFiniteNamingTheTensor) {
  for (const float value :
       {std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::infinity()}) {
    Parameters parameters = RandomParameters(TinyConfig(), 2);
    EXPECT_EQ(parameters.FindNonfinite(), nullptr);
    parameters.tensor("model.layers.1.mlp.up_proj.weight").back() = value;
    const std::string folder = testing::TempDir() + "/gyre_load_parameters_test";
    ASSERT_TRUE(
        weights::WriteHfFolder(folder, parameters.config(), TensorsOf(parameters), {}).ok());
    const auto read = weights::OpenModel(folder);
    ASSERT_TRUE(read.ok()) << read.status();
    const absl::Status status = LoadParameters(**read).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    EXPECT_THAT(
        std::string(status.message()),
        HasSubstr("/model.safetensors: tensor model.layers.1.mlp.up_proj.weight has elements"));
  }
}

}  // namespace
}  // namespace gyre::model
