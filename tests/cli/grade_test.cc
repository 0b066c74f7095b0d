#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "base/file.h"
#include "cli/grade/grade_math.h"

namespace gyre::cli {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class GradeMathCommand : public ::testing::Test {
 protected:
  GradeMathCommand() : in_(::testing::TempDir() + "/grade_in.jsonl"), out_(in_ + ".graded") {
    EXPECT_TRUE(base::RemoveAll(out_).ok());
  }

  absl::StatusOr<GradeMathResult> Run(const std::string& lines) {
    EXPECT_TRUE(base::WriteFileAtomically(in_, lines).ok());
    return GradeMath({in_, out_, "default"}, [](const GradeMathResult&) {});
  }

  std::vector<json> Written() {
    std::vector<json> lines;
    std::istringstream text(*base::ReadFile(out_));
    for (std::string line; std::getline(text, line);) lines.push_back(json::parse(line));
    return lines;
  }

  const std::string in_, out_;
};

TEST_F(GradeMathCommand, GivesEachLineItsVerdictAndKeepsTheRest) {
  const auto result =
      Run("{\"gold\":\"1/2\",\"answer\":\"0.5\",\"id\":7}\n\n"
          "{\"gold\":\"3\",\"completion\":\"so \\\\boxed{4}\"}\n"
          "{\"gold\":\"((\",\"answer\":\"4\"}\n");
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->counts.equal, 1);
  EXPECT_EQ(result->counts.different, 1);
  EXPECT_EQ(result->counts.unknown, 1);
  EXPECT_EQ(result->unreadable_references, 1);
  const std::vector<json> lines = Written();
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0]["equal"], true);
  EXPECT_EQ(lines[0]["id"], 7);
  EXPECT_GT(lines[0]["microseconds"], 0);
  EXPECT_EQ(lines[1]["equal"], false);
  EXPECT_EQ(lines[1]["rule"], "boxed: exact");
  EXPECT_TRUE(lines[2]["equal"].is_null());
  EXPECT_THAT(GradeTable(*result), HasSubstr("boxed: exact"));
}

TEST_F(GradeMathCommand, NamesTheLineThatIsWrongAndWritesNothing) {
  for (const std::string line :
       {"nonsense", "[1]", "{\"gold\":\"1\"}", "{\"answer\":\"1\"}",
        "{\"gold\":1,\"answer\":\"1\"}", "{\"gold\":\"1\",\"answer\":\"1\",\"completion\":\"1\"}",
        "{\"gold\":\"1\",\"answer\":[]}"}) {
    const auto result = Run("{\"gold\":\"1\",\"answer\":\"1\"}\n" + line + "\n");
    EXPECT_EQ(result.status().code(), absl::StatusCode::kInvalidArgument) << line;
    EXPECT_THAT(std::string(result.status().message()), HasSubstr(in_ + ":2: "));
    EXPECT_FALSE(base::Exists(out_));
  }
}

TEST_F(GradeMathCommand, IsFoundByGyreAndTellsWrongUsage) {
  const std::string program = std::string(GYRE_BINARY_DIR) + "/gyre grade ";
  auto exit_code = [&](const std::string& arguments) {
    const int status = std::system((program + arguments + " >/dev/null 2>&1").c_str());
    return WEXITSTATUS(status);
  };
  EXPECT_TRUE(base::WriteFileAtomically(in_, "{\"gold\":\"1\",\"answer\":\"1\"}\n").ok());
  EXPECT_EQ(exit_code("math --in " + in_ + " --out " + out_), 0);
  EXPECT_EQ(exit_code("math --in " + in_ + ".missing --out " + out_), 1);
  EXPECT_EQ(exit_code("math --in " + in_ + " --out " + out_ + " --preset lenient"), 2);
  EXPECT_EQ(exit_code("math --in " + in_), 2);
  EXPECT_EQ(exit_code(""), 2);
}

}  // namespace
}  // namespace gyre::cli
