#include "data/jsonl.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"

namespace gyre::data {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr char kGood[] =
    R"({"id":"q17","kind":"countdown","prompt":"<bos>5 7 6=37:","countdown":{"numbers":[5,7,6],"target":37}})";

class Jsonl : public testing::Test {
 protected:
  absl::StatusOr<std::vector<Problem>> Read(const std::string& content) {
    EXPECT_TRUE(base::WriteFileAtomically(path_, content).ok());
    return ReadProblems(path_);
  }
  // The error of a file whose third line is `line`.
  std::string Error(const std::string& line) {
    absl::Status status = Read(std::string(kGood) + "\n\n" + line + "\n").status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << line;
    EXPECT_THAT(std::string(status.message()), StartsWith(path_ + ":3: "));
    return std::string(status.message());
  }

  std::string path_ = testing::TempDir() + "/jsonl_test.jsonl";
};

TEST_F(Jsonl, ReadsProblemsOfBothForms) {
  auto problems = Read(
      std::string(kGood) + "\r\n  \n" +
      R"({"id":"m1","kind":"math","messages":[{"role":"user","content":"2+2?"}],"reference":"4"})");
  ASSERT_TRUE(problems.ok()) << problems.status();
  ASSERT_EQ(problems->size(), 2u);
  EXPECT_EQ((*problems)[0].prompt(), "<bos>5 7 6=37:");
  EXPECT_EQ((*problems)[0].countdown().numbers(1), 7);
  EXPECT_EQ((*problems)[0].countdown().target(), 37);
  EXPECT_EQ((*problems)[1].messages(0).content(), "2+2?");
  EXPECT_EQ((*problems)[1].reference(), "4");
}

TEST_F(Jsonl, NamesFileAndLineOfABadLine) {
  Error("{");
  Error("[]");
  Error("null");
  Error("{} {}");
  Error("\xFF\xFE");
  Error("{\"id\":\"\xC3(\",\"kind\":\"x\",\"prompt\":\"y\"}");
  Error(std::string(100000, '['));
  EXPECT_THAT(Error(R"({"id":"a","kind":"x","prompt":"y","promt":"z"})"), HasSubstr("promt"));
  EXPECT_THAT(Error(R"({"id":1.5,"kind":{},"prompt":"y"})"), HasSubstr("kind"));
  EXPECT_THAT(Error(R"({"id":"a","kind":"countdown","prompt":"y","countdown":{"numbers":["x"]}})"),
              HasSubstr("numbers"));
  EXPECT_THAT(Error(R"({"kind":"x","prompt":"y"})"), HasSubstr("no \"id\""));
  EXPECT_THAT(Error(R"({"id":"a","prompt":"y"})"), HasSubstr("no \"kind\""));
  EXPECT_THAT(Error(R"({"id":"a","kind":"x"})"), HasSubstr("neither"));
  EXPECT_THAT(Error(R"({"id":"a","kind":"x","prompt":"y","messages":[{"role":"user"}]})"),
              HasSubstr("both"));
  EXPECT_THAT(Error(R"({"id":"a","kind":"x","messages":[{"role":"you"}]})"), HasSubstr("\"you\""));
  EXPECT_THAT(Error(R"({"id":"a","kind":"countdown","prompt":"y"})"), HasSubstr("numbers"));
  // Without a target it would mean the target 0, which nothing reaches.
  EXPECT_THAT(Error(R"({"id":"a","kind":"countdown","prompt":"y","countdown":{"numbers":[5,7]}})"),
              HasSubstr("\"target\""));
  EXPECT_THAT(
      Error(
          R"({"id":"a","kind":"countdown","prompt":"y","countdown":{"numbers":[5,-7],"target":2}})"),
      HasSubstr("-7, which no answer can use"));
  EXPECT_THAT(Error(kGood), HasSubstr("\"q17\" stands on line 1"));
}

TEST_F(Jsonl, RefusesMissingAndEmptyFiles) {
  EXPECT_EQ(Read("").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Read("\n\n").status().code(), absl::StatusCode::kInvalidArgument);
  absl::Status missing = ReadProblems(path_ + ".missing").status();
  EXPECT_EQ(missing.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(missing.message()), HasSubstr(path_ + ".missing"));
}

TEST_F(Jsonl, WritesProblemsThatReadBackTheSame) {
  const std::string tricky = "<a> \\u003c \\ \" \n\t é 💡 \\\\u003e > ";
  std::vector<Problem> problems(2);
  problems[0].set_id("a");
  problems[0].set_kind("math");
  problems[0].set_reference("4");
  problems[0].set_prompt(tricky);
  problems[1].set_id("b");
  problems[1].set_kind("countdown");
  problems[1].mutable_countdown()->add_numbers(0);
  problems[1].mutable_countdown()->set_target(-3);
  ChatMessage* chat = problems[1].add_messages();
  chat->set_role("user");
  chat->set_content(tricky);
  ASSERT_TRUE(WriteProblems(path_, problems).ok());
  const auto read = ReadProblems(path_);
  ASSERT_TRUE(read.ok()) << read.status();
  ASSERT_EQ(read->size(), 2u);
  EXPECT_EQ((*read)[0].SerializeAsString(), problems[0].SerializeAsString());
  EXPECT_EQ((*read)[1].SerializeAsString(), problems[1].SerializeAsString());
}

TEST_F(Jsonl, WritesTheDocumentedForm) {
  auto problems = Read(kGood);
  ASSERT_TRUE(WriteProblems(path_, *problems).ok());
  EXPECT_EQ(*base::ReadFile(path_), std::string(kGood) + "\n");
}

TEST_F(Jsonl, WritesNothingIfAMessageIsIncomplete) {
  const std::string path = path_ + ".refused";
  std::vector<Problem> problems(1);
  problems[0].set_id("a");
  EXPECT_EQ(WriteProblems(path, problems).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_FALSE(base::Exists(path));
}

TEST_F(Jsonl, ReadsAndWritesExamples) {
  const std::string path = testing::TempDir() + "/jsonl_examples_test.jsonl";
  const std::string lines = R"({"id":"t0","prompt":"p","response":"<think>x\n"})"
                            "\n"
                            R"({"prompt":"p","response":"r"})"
                            "\n";
  ASSERT_TRUE(base::WriteFileAtomically(path, lines).ok());
  auto examples = ReadExamples(path);
  ASSERT_TRUE(examples.ok()) << examples.status();
  EXPECT_EQ((*examples)[0].response(), "<think>x\n");
  EXPECT_EQ((*examples)[1].id(), path + ":2");
  (*examples)[1].clear_id();
  ASSERT_TRUE(WriteExamples(path, *examples).ok());
  EXPECT_EQ(*base::ReadFile(path), lines);

  ASSERT_TRUE(base::WriteFileAtomically(path, R"({"id":"t0","prompt":"p"})").ok());
  EXPECT_THAT(std::string(ReadExamples(path).status().message()),
              HasSubstr(path + ":1: has no \"response\""));
}

}  // namespace
}  // namespace gyre::data
