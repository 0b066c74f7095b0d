#pragma once

// The parts of Validate (validate.h). Each adds the faults of the message at `path`.

#include <memory>
#include <optional>
#include <string>

#include "proto/run_spec.pb.h"
#include "spec/fault_list.h"
#include "spec/validate.h"
#include "text/tokenizer.h"
#include "weights/model_config.h"

namespace gyre::spec {

// What the checks of stages need to know of the model; nothing where the model itself is at fault,
// or where its files are left alone.
struct ModelFacts {
  std::optional<weights::ModelConfig> config;
  std::unique_ptr<text::Tokenizer> tokenizer;
};

// What is around a stage.
struct Surroundings {
  const RunSpec& spec;
  NamedFiles files;
  ModelFacts model;
};

ModelFacts CheckModel(const RunSpec& spec, NamedFiles files, FaultList& faults);

void CheckSft(const SftSpec& sft, const std::string& path, const Surroundings& around,
              FaultList& faults);
void CheckRl(const RlSpec& rl, const std::string& path, const Surroundings& around,
             FaultList& faults);
void CheckEval(const StageSpec& stage, const std::string& path, const Surroundings& around,
               FaultList& faults);
// `updates` of the whole stage.
void CheckOptimizer(const OptimizerSpec& optimizer, const std::string& path, double updates,
                    FaultList& faults);

// That the examples can be read, and, where they are a file, that the model's tokenizer knows each
// and that none is longer than the stage takes.
void CheckExamples(const SftSpec& sft, const std::string& path, const Surroundings& around,
                   FaultList& faults);

// That the problems at the address can be read, that each has a rule and a text that the model's
// tokenizer knows, and that the longest leaves room for a response of so many tokens.
void CheckProblems(const std::string& address, const std::string& path,
                   RlSpec::Template prompt_template, uint64_t max_response_tokens,
                   const Surroundings& around, FaultList& faults);

}  // namespace gyre::spec
