#include "model/load_parameters.h"

#include <string>

#include "gtest/gtest.h"
#include "tests/model/tiny_models.h"

namespace gyre::model {
namespace {

TEST(LoadParameters, ReadsBackWhatWasWritten) {
  const Parameters parameters = RandomParameters(TinyConfig(), 2);
  const std::string folder = testing::TempDir() + "/gyre_load_parameters_test";
  ASSERT_TRUE(weights::WriteHfFolder(folder, parameters.config(), TensorsOf(parameters), {}).ok());
  const auto read = weights::ReadHfFolder(folder);
  ASSERT_TRUE(read.ok()) << read.status();
  const auto loaded = LoadParameters(*read);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(loaded->flat(), parameters.flat());
  EXPECT_EQ(loaded->config(), parameters.config());
}

}  // namespace
}  // namespace gyre::model
