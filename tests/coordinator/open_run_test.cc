// What a coordinator makes of its flags and of a run directory that is there.
#include "coordinator/open_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "base/clock.h"
#include "base/file.h"
#include "spec/load_spec.h"
#include "spec/resolve.h"
#include "tests/base/temporary_folder.h"
#include "tests/spec/spec_texts.h"

namespace gyre::coordinator {
namespace {

using testing::HasSubstr;

class OpenRunTest : public testing::Test {
 protected:
  OpenRunTest() {
    EXPECT_TRUE(WriteExample("<eos>").ok());
    std::string text = spec::ValidSpec();
    const std::string source = "countdown:traces";
    text.replace(text.find(source), source.size(), examples_);
    EXPECT_TRUE(base::WriteFileAtomically(files_.spec_path, text).ok());
  }
  absl::Status WriteExample(const std::string& response) {
    return base::WriteFileAtomically(
        examples_,
        absl::StrCat(R"({"id":"a","prompt":"<bos>2 1 9=11:","response":")", response, "\"}\n"));
  }
  absl::StatusOr<std::unique_ptr<OpenRun>> Open() { return OpenRun::Open(files_, clock_); }

  base::TemporaryFolder folder_;
  base::RealClock clock_;
  const std::string examples_ = folder_ / "e.jsonl";
  RunFiles files_ = {.spec_path = folder_ / "spec.textproto", .run_dir = folder_ / "run"};
};

TEST_F(OpenRunTest, ANewRunIsValidatedWithTheFilesThatItsSpecNames) {
  ASSERT_TRUE(WriteExample("hello").ok());
  EXPECT_THAT(std::string(Open().status().message()),
              HasSubstr("the model's tokenizer refuses it"));
}

TEST_F(OpenRunTest, ARunThatGoesOnIsNotValidatedAgain) {
  { ASSERT_EQ(Open().status(), absl::OkStatus()); }
  ASSERT_TRUE(base::RemoveAll(examples_).ok());
  files_.resume = true;
  EXPECT_EQ(Open().status(), absl::OkStatus());
}

TEST_F(OpenRunTest, ARunDirectoryWithARunIsNotTakenForANewOne) {
  { ASSERT_EQ(Open().status(), absl::OkStatus()); }
  EXPECT_THAT(std::string(Open().status().message()), HasSubstr("already holds a run"));
}

TEST_F(OpenRunTest, TheNumberOfRanksIsPartOfTheSpecHoweverItIsGiven) {
  files_.learner_ranks = 2;
  {
    const auto run = Open();
    ASSERT_EQ(run.status(), absl::OkStatus());
    EXPECT_EQ((*run)->plan().learner_ranks, 2u);
    EXPECT_EQ((*run)->spec().local().learner_ranks(), 2u);
    EXPECT_THAT((*run)->spec_text(), HasSubstr("learner_ranks: 2"));
    const auto same = spec::LoadSpec(files_.spec_path, {"local.learner_ranks=2"});
    EXPECT_TRUE((*run)->spec_digest() == spec::SpecDigest(*same).bytes());
  }
  files_.resume = true;
  files_.learner_ranks = 0;
  EXPECT_THAT(std::string(Open().status().message()), HasSubstr("belongs to a run with spec"));
  files_.learner_ranks = 300;
  EXPECT_THAT(std::string(Open().status().message()), HasSubstr("local.learner_ranks: it is 300"));
}

}  // namespace
}  // namespace gyre::coordinator
