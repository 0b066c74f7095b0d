#include "cli/generate/generate.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/counter_rng.h"
#include "base/file.h"
#include "base/status_macros.h"
#include "cli/generate/prompt_file.h"
#include "cli/generate/sample_file.h"
#include "engine/stop_strings.h"
#include "kernels/kv_layout.h"
#include "model/load_network.h"
#include "spec/model_tokenizer.h"
#include "weights/stored_model.h"

namespace gyre::cli {
namespace {

// Of the cache, so much is taken before anything is timed if it may be filled.
constexpr int64_t kMemoryAtOnce = int64_t{1} << 30;

struct Model {
  std::shared_ptr<const engine::Policy> policy;
  std::shared_ptr<const text::Tokenizer> tokenizer;  // or null
};

absl::StatusOr<Model> LoadModel(const std::string& path) {
  GYRE_ASSIGN_OR_RETURN(const auto stored, weights::OpenModel(path));
  Model model;
  // A model without one can still be given ids.
  if (weights::IsGgufPath(path) || base::Exists(path + "/tokenizer.json")) {
    GYRE_ASSIGN_OR_RETURN(model.tokenizer, spec::LoadModelTokenizer(path));
  }
  GYRE_ASSIGN_OR_RETURN(model::PackedNetwork network, model::LoadNetwork(*stored));
  model.policy = std::make_shared<engine::Policy>(engine::Policy{{}, std::move(network)});
  return model;
}

int64_t CacheBlocks(const model::PackedNetwork& network, int64_t bytes) {
  return bytes / (network.FloatsPerBlockOfAllLayers() * static_cast<int64_t>(sizeof(float)));
}

// Blocks that the samples running together fill at full length.
int64_t FilledBlocks(const GenerateOptions& options, const std::vector<FilePrompt>& prompts) {
  size_t longest = 0;
  for (const FilePrompt& prompt : prompts) longest = std::max(longest, prompt.tokens.size());
  const int64_t together = std::min<int64_t>(
      options.max_sequences, static_cast<int64_t>(prompts.size()) * options.samples);
  return together * kernels::BlocksOf(static_cast<int64_t>(longest) + options.max_tokens);
}

std::vector<int32_t> EndTokens(const GenerateOptions& options, const Model& model) {
  if (options.ignore_eos) return {};
  return model.tokenizer != nullptr ? model.tokenizer->eos_ids()
                                    : model.policy->network.config().eos_token_ids;
}

// Queues all prompts. What the engine refuses of one is said with its line.
absl::Status AddRequests(const GenerateOptions& options, const std::vector<FilePrompt>& prompts,
                         const Model& model, std::shared_ptr<const engine::StopStrings> stop,
                         engine::Engine& engine) {
  for (uint64_t i = 0; i < prompts.size(); ++i) {
    const absl::Status added =
        engine.Add({.id = i,
                    .random_key = base::CounterRng({options.seed, "generate", i}).key(),
                    .prompt = prompts[i].tokens,
                    .samples = options.samples,
                    .max_response_tokens = options.max_tokens,
                    .sampling = options.sampling,
                    .eos_ids = EndTokens(options, model),
                    .stop = stop,
                    .pinned_policy = nullptr});
    if (!added.ok()) {
      return absl::Status(added.code(),
                          absl::StrCat(options.in, ":", prompts[i].line, ": ", added.message()));
    }
  }
  return absl::OkStatus();
}

class Stopwatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace

absl::StatusOr<GenerateResult> Generate(const GenerateOptions& options,
                                        absl::FunctionRef<void(const GenerateProgress&)> progress) {
  GYRE_RETURN_IF_ERROR(engine::CheckSampling(options.sampling));
  GYRE_ASSIGN_OR_RETURN(const Model model, LoadModel(options.model));
  GYRE_ASSIGN_OR_RETURN(const std::vector<FilePrompt> prompts,
                        ReadPrompts(options.in, model.tokenizer.get()));
  std::shared_ptr<const engine::StopStrings> stop;
  if (!options.stop.empty()) {
    if (model.tokenizer == nullptr)
      return absl::InvalidArgumentError("--stop needs a model with a tokenizer");
    GYRE_ASSIGN_OR_RETURN(stop, engine::StopStrings::Create(options.stop, model.tokenizer));
  }
  const int64_t blocks = CacheBlocks(model.policy->network, options.kv_memory_bytes);
  if (blocks < 1) return absl::InvalidArgumentError("--kv-memory-mib holds not even one block");
  const int64_t at_once = CacheBlocks(model.policy->network, kMemoryAtOnce);
  engine::Engine engine({.config = model.policy->network.config(),
                         .max_sequences = options.max_sequences,
                         .kv_blocks = blocks,
                         .kv_blocks_at_once = std::min(at_once, FilledBlocks(options, prompts)),
                         .threads = options.threads,
                         .measures_work = true});
  GYRE_RETURN_IF_ERROR(engine.InstallPolicy(model.policy));
  GYRE_RETURN_IF_ERROR(AddRequests(options, prompts, model, stop, engine));
  const auto text_of = [&](const engine::FinishedSample& sample) -> std::optional<std::string> {
    if (model.tokenizer == nullptr) return std::nullopt;
    const std::string text = model.tokenizer->Decode(sample.tokens);
    return stop == nullptr ? text : stop->Before(text);
  };
  GYRE_ASSIGN_OR_RETURN(SampleFile file,
                        SampleFile::Create(options.out, prompts, options.samples, text_of));

  GenerateProgress so_far = {.samples = prompts.size() * static_cast<uint64_t>(options.samples)};
  std::vector<engine::FinishedSample> finished;
  const Stopwatch watch;
  while (engine.Step(finished)) {
    for (const engine::FinishedSample& sample : finished) GYRE_RETURN_IF_ERROR(file.Add(sample));
    so_far.finished += finished.size();
    finished.clear();
    so_far.tokens = engine.counters().tokens_generated;
    so_far.seconds = watch.seconds();
    progress(so_far);
  }
  GYRE_RETURN_IF_ERROR(file.Commit());
  return GenerateResult{.prompts = prompts.size(),
                        .samples = so_far.samples,
                        .seconds = so_far.seconds,
                        .counters = engine.counters(),
                        .work_seconds = engine.work_seconds()};
}

}  // namespace gyre::cli
