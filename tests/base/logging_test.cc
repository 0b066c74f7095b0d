#include "base/logging.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>

#include <nlohmann/json.hpp>

#include "base/file.h"
#include "tests/base/temporary_folder.h"

namespace gyre::base {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;

class Logging : public testing::Test {
 protected:
  // The default logger is the process's own, so each test gives it back.
  void TearDown() override { spdlog::set_default_logger(before_); }

  const TemporaryFolder folder_;
  const std::string file_ = folder_ / "logs/actor-0.log";

 private:
  const std::shared_ptr<spdlog::logger> before_ = spdlog::default_logger();
};

TEST_F(Logging, WritesTimeLevelRoleAndMessageAtOnce) {
  ASSERT_TRUE(InitLogging("actor 0", {.file = file_}).ok());
  spdlog::info("policy {} installed", 7);
  EXPECT_THAT(*ReadFile(file_),
              MatchesRegex("[0-9]+-[0-9]+-[0-9]+ [0-9:.]+ info actor 0: policy 7 installed\n"));
}

TEST_F(Logging, WritesOneJsonObjectALineWhateverTheMessageHolds) {
  ASSERT_TRUE(InitLogging("role \"100%n\"", {.json = true, .file = file_}).ok());
  const std::string message = "a \"quote\",\na new line, \\ and \xff";
  spdlog::warn(message);
  const std::string text = *ReadFile(file_);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
  const nlohmann::json line = nlohmann::json::parse(text);
  EXPECT_EQ(line["level"], "warning");
  EXPECT_EQ(line["role"], "role \"100%n\"");
  EXPECT_EQ(line["message"], "a \"quote\",\na new line, \\ and \xEF\xBF\xBD");
  EXPECT_EQ(line["pid"], getpid());
  EXPECT_TRUE(line.contains("time"));
}

TEST_F(Logging, LeavesOutWhatIsBelowTheLevel) {
  ASSERT_TRUE(InitLogging("actor 0", {.level = "warning", .file = file_}).ok());
  spdlog::info("quiet");
  spdlog::warn("loud");
  const std::string text = *ReadFile(file_);
  EXPECT_THAT(text, Not(HasSubstr("quiet")));
  EXPECT_THAT(text, HasSubstr("loud"));
}

TEST_F(Logging, RefusesAnUnknownLevelAndAFileThatCannotBeWritten) {
  const absl::Status level = InitLogging("actor 0", {.level = "chatty"});
  EXPECT_EQ(level.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(level.message()), HasSubstr("chatty"));
  const absl::Status file = InitLogging("actor 0", {.file = folder_.path()});
  EXPECT_FALSE(file.ok());
  EXPECT_THAT(std::string(file.message()), HasSubstr(folder_.path()));
}

}  // namespace
}  // namespace gyre::base
