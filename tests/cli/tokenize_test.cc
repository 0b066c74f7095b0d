// `gyre tokenize`: what it writes, what it refuses, and the binary around it.
#include "cli/tokenize/tokenize.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "tests/base/temporary_folder.h"
#include "text/countdown_tokenizer.h"
#include "text/load_tokenizer.h"

namespace gyre::cli {
namespace {

using testing::HasSubstr;

struct Answer {
  absl::Status status;
  std::string out;
};

Answer Tokenized(TokenizeDirection direction, const std::string& lines) {
  const std::unique_ptr<text::Tokenizer> tokenizer =
      *text::TokenizerFromFiles(text::CountdownTokenizerFiles());
  std::istringstream in(lines);
  std::ostringstream out;
  absl::Status status = Tokenize(*tokenizer, direction, in, out);
  return {status, out.str()};
}

TEST(Tokenize, WritesALineForEachLine) {
  const Answer encoded = Tokenized(TokenizeDirection::kEncode, "\"<bos>5 7\"\n\"\"\n\" no\\n\"\n");
  EXPECT_TRUE(encoded.status.ok()) << encoded.status;
  EXPECT_EQ(encoded.out, "[1,15,118,17]\n[]\n[7]\n");
  const Answer decoded = Tokenized(TokenizeDirection::kDecode, encoded.out);
  EXPECT_TRUE(decoded.status.ok()) << decoded.status;
  EXPECT_EQ(decoded.out, "\"<bos>5 7\"\n\"\"\n\" no\\n\"\n");
  EXPECT_EQ(Tokenized(TokenizeDirection::kEncode, "").out, "");
  EXPECT_EQ(Tokenized(TokenizeDirection::kEncode, "\"1\"").out, "[11]\n");  // no line end
}

TEST(Tokenize, NamesTheLineThatIsWrongAfterThoseBeforeIt) {
  auto message = [](TokenizeDirection direction, const std::string& lines) {
    return std::string(Tokenized(direction, lines).status.message());
  };
  EXPECT_EQ(Tokenized(TokenizeDirection::kEncode, "\"1\"\n\"x\"\n").out, "[11]\n");
  EXPECT_THAT(message(TokenizeDirection::kEncode, "\"1\"\n\"x\"\n"),
              HasSubstr("line 2: text has no token at byte 0"));
  for (const char* line : {"1", "[1]", "\"a", "", "\"\\ud800\"", "\"\xFF\""}) {
    EXPECT_EQ(message(TokenizeDirection::kEncode, absl::StrCat("\"1\"\n", line, "\n")),
              "line 2: is not a JSON string")
        << line;
  }
  for (const char* line : {"1", "\"a\"", "[1.5]", "[-1]", "[\"1\"]", "[[1]]", "["}) {
    EXPECT_EQ(message(TokenizeDirection::kDecode, line), "line 1: is not a JSON array of token ids")
        << line;
  }
  EXPECT_THAT(message(TokenizeDirection::kDecode, "[1]\n[119]\n"),
              HasSubstr("line 2: has the token id 119, but the tokenizer has only 119 ids"));
  const std::string deep = std::string(200'000, '[') + std::string(200'000, ']');
  EXPECT_EQ(message(TokenizeDirection::kDecode, deep), "line 1: is not a JSON array of token ids");
  EXPECT_EQ(message(TokenizeDirection::kEncode, deep), "line 1: is not a JSON string");
  EXPECT_THAT(message(TokenizeDirection::kDecode, "[99999999999999999999]"), HasSubstr("line 1"));
}

TEST(Tokenize, OutputThatCannotBeWrittenIsAnError) {
  const std::unique_ptr<text::Tokenizer> tokenizer =
      *text::TokenizerFromFiles(text::CountdownTokenizerFiles());
  std::istringstream in("\"1\"\n");
  std::ofstream out("/dev/full");
  EXPECT_EQ(Tokenize(*tokenizer, TokenizeDirection::kEncode, in, out).code(),
            absl::StatusCode::kUnavailable);
}

class TokenizeCommand : public testing::Test {
 protected:
  TokenizeCommand() {
    for (const auto& [name, contents] : text::CountdownTokenizerFiles()) {
      EXPECT_TRUE(base::WriteFileAtomically(folder_ / name, contents).ok());
    }
  }

  // Exit code of `gyre tokenize ARGUMENTS` with a line on standard input; what it printed is in
  // the files out and err.
  int RunBinary(const std::string& arguments, const std::string& line) {
    const std::string command =
        absl::StrCat("printf '%s\\n' '", line, "' | ", GYRE_BINARY_DIR, "/gyre tokenize ",
                     arguments, " >", folder_ / "out", " 2>", folder_ / "err");
    return WEXITSTATUS(std::system(command.c_str()));
  }
  std::string Contents(const char* name) { return *base::ReadFile(folder_ / name); }

  base::TemporaryFolder folder_;
};

TEST_F(TokenizeCommand, ReadsAModelFolder) {
  const std::string model = absl::StrCat("--model ", folder_.path());
  EXPECT_EQ(RunBinary(model, "\"<bos>12\""), 0) << Contents("err");
  EXPECT_EQ(Contents("out"), "[1,22]\n");
  EXPECT_EQ(RunBinary(model + " --decode", "[1,22]"), 0) << Contents("err");
  EXPECT_EQ(Contents("out"), "\"<bos>12\"\n");
}

TEST_F(TokenizeCommand, SaysWhatIsWrong) {
  EXPECT_EQ(RunBinary("", "\"1\""), 2);
  EXPECT_EQ(RunBinary("--model /nowhere", "\"1\""), 1);
  EXPECT_THAT(Contents("err"), HasSubstr("gyre tokenize: /nowhere"));
  EXPECT_EQ(RunBinary(absl::StrCat("--model ", folder_.path()), "1"), 1);
  EXPECT_EQ(Contents("err"), "gyre tokenize: line 1: is not a JSON string\n");
}

}  // namespace
}  // namespace gyre::cli
