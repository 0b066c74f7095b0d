// `gyre generate`: what it writes, what it refuses, and the binary around it.
#include "cli/generate/generate.h"

#include <sys/wait.h>

#include <bit>
#include <cstdlib>
#include <fstream>
#include <set>

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
#include "text/countdown_tokenizer.h"
#include "text/load_tokenizer.h"
#include "weights/hf_folder_writer.h"

namespace gyre::cli {
namespace {

using nlohmann::json;
using testing::HasSubstr;

class GenerateTest : public testing::Test {
 protected:
  GenerateTest() {
    config_.bos_token_id = 1;
    config_.eos_token_ids = {2};
    WriteModel("model", text::CountdownTokenizerFiles());
    options_.model = folder_ / "model";
    options_.in = folder_ / "in.jsonl";
    options_.out = folder_ / "out.jsonl";
    options_.samples = 3;
    options_.max_tokens = 20;
    Write(R"({"prompt": "<bos>3 + 4"})"
          "\n\n"
          R"({"prompt_tokens": [1, 15, 117, 17, 117, 16, 114, 47, 116], "id": "kept for nobody"})"
          "\n"
          R"({"prompt": "<bos>1,2,3"})"
          "\n");
  }

  void WriteModel(const std::string& name, const text::TokenizerFiles& tokenizer) {
    ASSERT_TRUE(
        weights::WriteHfFolder(folder_ / name, config_, model::TensorsOf(parameters_), tokenizer)
            .ok());
  }
  void Write(const std::string& lines) { std::ofstream(options_.in) << lines; }

  absl::StatusOr<GenerateResult> Run() {
    return Generate(options_, [](const GenerateProgress&) {});
  }
  std::string Refusal() {
    const absl::Status status = Run().status();
    EXPECT_FALSE(status.ok());
    EXPECT_FALSE(base::Exists(options_.out));
    return std::string(status.message());
  }
  std::vector<json> Lines() const { return JsonLines(options_.out); }

  base::TemporaryFolder folder_;
  weights::ModelConfig config_ = model::CountdownConfig();
  const model::Parameters parameters_ = model::Parameters::FromSeed(config_, 3);
  GenerateOptions options_;
};

TEST_F(GenerateTest, WritesEachSampleInOrderWithTheModelsOwnLogProbs) {
  options_.sampling.temperature = 0.7f;
  const auto result = Run();
  ASSERT_TRUE(result.ok()) << result.status();
  const std::vector<json> lines = Lines();
  ASSERT_EQ(lines.size(), 9u);
  const auto tokenizer = text::TokenizerFromFiles(text::CountdownTokenizerFiles());
  const model::PackedNetwork network(parameters_, kernels::Kernels(kernels::BestInstructionSet()));
  model::ForwardScratch scratch;
  std::set<std::vector<int32_t>> different;
  uint64_t tokens = 0;
  for (size_t i = 0; i < lines.size(); ++i) {
    const json& line = lines[i];
    EXPECT_EQ(line["prompt_index"], i / 3);
    EXPECT_EQ(line["sample_index"], i % 3);
    const auto response = line["tokens"].get<std::vector<int32_t>>();
    different.insert(response);
    tokens += response.size();
    auto sequence = line["prompt_tokens"].get<std::vector<int32_t>>();
    if (i / 3 == 0) {
      EXPECT_EQ(sequence, *(*tokenizer)->Encode("<bos>3 + 4"));
    }
    sequence.insert(sequence.end(), response.begin(), response.end());
    for (const auto& [key, scale] :
         {std::pair("logprobs", 1.0f / 0.7f), {"plain_logprobs", 1.0f}}) {
      const auto written = line[key].get<std::vector<float>>();
      ASSERT_EQ(written.size(), response.size());
      const auto scored = model::ScoreSequence(network, sequence, scale, scratch);
      for (size_t t = 0; t < written.size(); ++t) {
        EXPECT_EQ(std::bit_cast<uint32_t>(written[t]),
                  std::bit_cast<uint32_t>((*scored)[sequence.size() - 1 - response.size() + t]));
      }
    }
    EXPECT_EQ(line["text"], (*tokenizer)->Decode(response));
    EXPECT_EQ(line["finish"], response.back() == 2 ? "STOP" : "LENGTH");
  }
  EXPECT_GT(different.size(), 6u);
  EXPECT_EQ(result->counters.tokens_generated, tokens);
  EXPECT_EQ(result->samples, 9u);
}

TEST_F(GenerateTest, TheSameFileComesOutWhateverTheThreadsAndTheRoom) {
  options_.ignore_eos = true;
  options_.max_tokens = 100;
  ASSERT_TRUE(Run().ok());
  const std::string expected = *base::ReadFile(options_.out);
  options_.threads = 3;
  options_.max_sequences = 4;
  options_.kv_memory_bytes = int64_t{2} << 20;
  ASSERT_TRUE(Run().ok());
  EXPECT_EQ(*base::ReadFile(options_.out), expected);
  for (const json& line : Lines()) EXPECT_EQ(line["tokens"].size(), 100u);
  options_.seed = 2;
  ASSERT_TRUE(Run().ok());
  EXPECT_NE(*base::ReadFile(options_.out), expected);
}

TEST_F(GenerateTest, StopStringsEndSamplesAndAreNotInTheText) {
  options_.ignore_eos = true;
  options_.max_tokens = 100;
  options_.stop = {"7", "+"};
  ASSERT_TRUE(Run().ok());
  int stopped = 0;
  for (const json& line : Lines()) {
    const auto text = line["text"].get<std::string>();
    EXPECT_EQ(text.find_first_of("7+"), std::string::npos) << text;
    stopped += line["finish"] == "STOP";
  }
  EXPECT_GT(stopped, 4);
}

TEST_F(GenerateTest, ModelWithoutATokenizerTakesAndGivesIds) {
  WriteModel("bare", {});
  options_.model = folder_ / "bare";
  EXPECT_THAT(Refusal(), HasSubstr("in.jsonl:1: the model has no tokenizer"));
  Write("{\"prompt_tokens\": [1, 15]}\n");
  ASSERT_TRUE(Run().ok());
  EXPECT_TRUE(Lines()[0]["text"].is_null());
  options_.stop = {"7"};
  EXPECT_THAT(Run().status().message(), HasSubstr("--stop"));
}

TEST_F(GenerateTest, BadLinesAreNamedBeforeAnythingIsGenerated) {
  const std::string good = "{\"prompt_tokens\": [1, 15]}\n";
  const std::pair<std::string, std::string> cases[] = {
      {"{", "in.jsonl:2: not a JSON object"},
      {"[1]", "in.jsonl:2: not a JSON object"},
      {"{}", "in.jsonl:2: has neither"},
      {R"({"prompt": "", "prompt_tokens": [1]})", "in.jsonl:2: has both"},
      {R"({"prompt": 5})", "in.jsonl:2: \"prompt\" is no text"},
      {R"({"prompt": ""})", "in.jsonl:2: the prompt is empty"},
      {R"({"prompt_tokens": []})", "in.jsonl:2: the prompt is empty"},
      {R"({"prompt_tokens": [1.5]})", "in.jsonl:2: \"prompt_tokens\" must be"},
      {R"({"prompt_tokens": [-1]})", "in.jsonl:2: token -1"},
      {R"({"prompt_tokens": [99999999999]})", "in.jsonl:2: token 99999999999"},
      {R"({"prompt_tokens": [119]})", "in.jsonl:2: token 119"},
      {absl::StrCat(R"({"prompt_tokens": )", std::string(200'000, '['), std::string(200'000, ']'),
                    "}"),
       "in.jsonl:2: \"prompt_tokens\" must be an array of token ids"},
      {R"({"prompt": "a word that it lacks"})", "in.jsonl:2: "},
  };
  for (const auto& [line, message] : cases) {
    Write(absl::StrCat(good, line, "\n", good));
    EXPECT_THAT(Refusal(), HasSubstr(message));
  }
  Write(absl::StrCat(good, "{\n{\n", good, "{\n"));
  EXPECT_THAT(Refusal(), HasSubstr("in.jsonl:2: not a JSON object (2 more such lines)"));
  Write("\n");
  EXPECT_THAT(Refusal(), HasSubstr("has no prompt"));
}

TEST_F(GenerateTest, WhatTheModelOrTheCacheCannotTakeIsRefused) {
  options_.max_tokens = 510;
  EXPECT_THAT(Refusal(), HasSubstr("in.jsonl:1: a prompt of"));
  options_.max_tokens = 400;
  options_.kv_memory_bytes = 100 << 10;
  EXPECT_THAT(Refusal(), HasSubstr("in.jsonl:1: one sample needs"));
  options_.kv_memory_bytes = 1;
  EXPECT_THAT(Refusal(), HasSubstr("--kv-memory-mib"));
  options_.kv_memory_bytes = 1 << 30;
  const auto refused = [&](engine::Sampling sampling, const char* name) {
    options_.sampling = sampling;
    EXPECT_THAT(Refusal(), HasSubstr(name));
  };
  refused({.temperature = -0.5f, .truncation = {}}, "temperature");
  refused({.temperature = std::nanf(""), .truncation = {}}, "temperature");
  refused({.temperature = 1e-40f, .truncation = {}}, "temperature");
  refused({.temperature = 1, .truncation = {.top_k = -1}}, "top_k");
  refused({.temperature = 1, .truncation = {.top_p = 1.5f}}, "top_p");
  refused({.temperature = 1, .truncation = {.min_p = std::nanf("")}}, "min_p");
  options_.sampling = {};
  options_.model = folder_ / "none";
  EXPECT_THAT(Refusal(), HasSubstr("none"));
}

class GenerateCommand : public GenerateTest {
 protected:
  int Command(const std::string& more) {
    const std::string command =
        absl::StrCat(GYRE_BINARY_DIR, "/gyre generate --model ", options_.model, " --in ",
                     options_.in, " --out ", options_.out, " --max-tokens 30 ", more, " > ",
                     folder_ / "stdout", " 2> ", folder_ / "stderr");
    return WEXITSTATUS(std::system(command.c_str()));
  }
  std::string Output(const std::string& name) const { return *base::ReadFile(folder_ / name); }
};

TEST_F(GenerateCommand, LastLineIsWhatWasDone) {
  ASSERT_EQ(Command("--samples 2 --ignore-eos --threads 2 --top-p 0.9"), 0) << Output("stderr");
  const json done = json::parse(Output("stdout"));
  EXPECT_EQ(done["tokens"], 3 * 2 * 30);
  EXPECT_EQ(done["samples"], 6);
  EXPECT_GT(done["tokens_per_second"], 0.0);
  EXPECT_EQ(Lines().size(), 6u);
}

TEST_F(GenerateCommand, ExitsWithOneLineOrWithWrongUsage) {
  EXPECT_EQ(Command("--temperature -1"), 1);
  EXPECT_EQ(Output("stdout"), "");
  const std::string error = Output("stderr");
  EXPECT_EQ(std::count(error.begin(), error.end(), '\n'), 1) << error;
  EXPECT_EQ(error.rfind("gyre generate: ", 0), 0u) << error;
  EXPECT_EQ(Command("--samples 0"), 2);
  EXPECT_EQ(Command("--no-such-option"), 2);
  EXPECT_EQ(Command("--help"), 0);
}

}  // namespace
}  // namespace gyre::cli
