// `gyre score`: the forward pass's own numbers, whatever the batches, and what it refuses.
#include "cli/score/score.h"

#include <sys/wait.h>

#include <bit>
#include <cstdlib>
#include <fstream>
#include <random>

#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "gmock/gmock.h"
#include "kernels/kernel_table.h"
#include "model/load_parameters.h"
#include "model/probe.h"
#include "nlohmann/json.hpp"
#include "tests/base/temporary_folder.h"
#include "tests/cli/json_lines.h"
#include "tests/model/tiny_models.h"
#include "weights/hf_folder_writer.h"

namespace gyre::cli {
namespace {

using nlohmann::json;
using testing::HasSubstr;

class ScoreTest : public testing::Test {
 protected:
  ScoreTest() {
    EXPECT_TRUE(
        weights::WriteHfFolder(folder_ / "model", config_, model::TensorsOf(parameters_), {}).ok());
    options_.model = folder_ / "model";
    options_.in = folder_ / "in.jsonl";
    options_.out = folder_ / "out.jsonl";
    std::mt19937 generator(5);
    for (const int64_t length : {7, 1, 150, 2, 33, 1, 64})
      sequences_.push_back(model::RandomTokens(config_, length, generator));
    std::ofstream in(options_.in);
    for (const auto& tokens : sequences_) in << json{{"id", "kept"}, {"tokens", tokens}} << "\n\n";
  }

  void Write(const std::string& lines) { std::ofstream(options_.in) << lines; }
  absl::StatusOr<ScoreResult> Run() {
    return Score(options_, [this](const ScoreResult&) { ++progress_calls_; });
  }
  std::string Refusal() {
    const absl::Status status = Run().status();
    EXPECT_FALSE(status.ok());
    EXPECT_FALSE(base::Exists(options_.out));
    return std::string(status.message());
  }
  std::vector<json> Lines() const { return JsonLines(options_.out); }

  base::TemporaryFolder folder_;
  const weights::ModelConfig config_ = model::TinyConfigs()[4].config;  // qwen3
  const model::Parameters parameters_ = model::RandomParameters(config_, 3);
  std::vector<std::vector<int32_t>> sequences_;
  ScoreOptions options_;
  int progress_calls_ = 0;
};

TEST_F(ScoreTest, GivesTheForwardPassesBitsWhateverTheBatches) {
  const model::PackedNetwork network(parameters_, kernels::Kernels(kernels::BestInstructionSet()));
  model::ForwardScratch scratch;
  for (const float temperature : {1.0f, 0.7f}) {
    for (const int64_t batch_rows : {1, 40, 100, 5000}) {
      options_.temperature = temperature;
      options_.batch_rows = batch_rows;
      const auto result = Run();
      ASSERT_TRUE(result.ok()) << result.status();
      EXPECT_EQ(result->sequences, 7);
      EXPECT_EQ(result->tokens, 7 + 1 + 150 + 2 + 33 + 1 + 64);
      const std::vector<json> lines = Lines();
      ASSERT_EQ(lines.size(), sequences_.size());
      double sum = 0;
      for (size_t i = 0; i < lines.size(); ++i) {
        EXPECT_EQ(lines[i]["tokens"], json(sequences_[i]));
        EXPECT_EQ(lines[i]["id"], "kept");
        const json& log_probs = lines[i]["logprobs"];
        ASSERT_EQ(log_probs.size(), sequences_[i].size());
        EXPECT_TRUE(log_probs[0].is_null());
        const auto expected =
            model::ScoreSequence(network, sequences_[i], 1.0f / temperature, scratch);
        ASSERT_TRUE(expected.ok());
        for (size_t t = 1; t < log_probs.size(); ++t) {
          EXPECT_EQ(std::bit_cast<uint32_t>(log_probs[t].get<float>()),
                    std::bit_cast<uint32_t>((*expected)[t - 1]));
          sum += static_cast<double>((*expected)[t - 1]);
        }
      }
      EXPECT_NEAR(result->sum_logprob, sum, 1e-9 * std::abs(sum));
    }
  }
  EXPECT_GT(progress_calls_, 8);
}

TEST_F(ScoreTest, ThreadsChangeNothing) {
  ASSERT_TRUE(Run().ok());
  const std::string alone = *base::ReadFile(options_.out);
  for (const int threads : {2, 3}) {
    options_.threads = threads;
    ASSERT_TRUE(Run().ok());
    EXPECT_EQ(*base::ReadFile(options_.out), alone);
  }
}

TEST_F(ScoreTest, NamesTheLineThatIsWrong) {
  const auto refused = [&](const std::string& line) {
    Write("{\"tokens\": [1, 2]}\n" + line + "\n");
    const std::string message = Refusal();
    EXPECT_EQ(message.rfind(options_.in + ":2: ", 0), 0u) << message;
    return message;
  };
  EXPECT_THAT(refused("{"), HasSubstr("is not a JSON object"));
  EXPECT_THAT(refused("[1]"), HasSubstr("is not a JSON object"));
  EXPECT_THAT(refused("{}"), HasSubstr("has no \"tokens\""));
  EXPECT_THAT(refused(R"({"tokens": []})"), HasSubstr("one at least"));
  EXPECT_THAT(refused(R"({"tokens": 3})"), HasSubstr("one at least"));
  EXPECT_THAT(refused(R"({"tokens": [37]})"), HasSubstr("37 is no token of the model"));
  EXPECT_THAT(refused(R"({"tokens": [-1]})"), HasSubstr("-1 is no token"));
  EXPECT_THAT(refused(R"({"tokens": ["a"]})"), HasSubstr("is no token"));
  const std::string brackets(200'000, '['), ends(200'000, ']');
  for (const std::string& deep :
       {R"({"tokens": )" + brackets, R"({"tokens": )" + brackets + ends + "}",
        R"({"tokens": [1], "id": )" + brackets + ends + "}"}) {
    EXPECT_THAT(refused(deep), HasSubstr("nested too deep"));
  }
  EXPECT_THAT(refused(json{{"tokens", std::vector<int>(161, 1)}}.dump()),
              HasSubstr("has 161 tokens; the model has 160 positions"));
}

TEST_F(ScoreTest, NamesTheFileThatIsMissing) {
  options_.in = folder_ / "nothing.jsonl";
  EXPECT_THAT(Refusal(), HasSubstr("nothing.jsonl"));
  options_.in = folder_ / "in.jsonl";
  options_.model = folder_ / "none";
  EXPECT_THAT(Refusal(), HasSubstr("none"));
}

TEST_F(ScoreTest, TheCommandEndsWithASummaryOrWithOneLine) {
  const auto command = [&](const std::string& more) {
    return WEXITSTATUS(
        std::system(absl::StrCat(GYRE_BINARY_DIR, "/gyre score --model ", options_.model, " --in ",
                                 options_.in, " --out ", options_.out, " ", more, " > ",
                                 folder_ / "stdout", " 2> ", folder_ / "stderr")
                        .c_str()));
  };
  const auto output = [&](const std::string& name) { return *base::ReadFile(folder_ / name); };
  ASSERT_EQ(command("--temperature 0.5 --threads 2"), 0) << output("stderr");
  const json done = json::parse(output("stdout"));
  EXPECT_EQ(done["sequences"], 7);
  EXPECT_GT(done["tokens_per_second"], 0.0);
  EXPECT_LT(done["mean_logprob"], 0.0);
  EXPECT_EQ(command("--temperature 0"), 2);
  EXPECT_EQ(command("--threads 0"), 2);
  EXPECT_EQ(command("--no-such-option"), 2);
  Write("x\n");
  EXPECT_EQ(command(""), 1);
  EXPECT_EQ(output("stderr"),
            absl::StrCat("gyre score: ", options_.in, ":1: is not a JSON object\n"));
}

}  // namespace
}  // namespace gyre::cli
