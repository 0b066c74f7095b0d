// For the oracle tests in Python, the forward pass on a model's weights:
//   network_for_oracle run MODEL     each line of stdin, {"tokens": […], "new": N}, becomes
//                                    {"logprobs": […], "logits": […], "greedy": […]}: of each token
//                                    but the first, after the last one, and the N most likely next
//   network_for_oracle copy MODEL OUT   read and written again as a Hugging Face folder
#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/status_macros.h"
#include "model/load_parameters.h"
#include "model/network.h"
#include "model/probe.h"
#include "model/sequence_blocks.h"
#include "weights/hf_folder_writer.h"
#include "weights/stored_model.h"

namespace gyre::model {
namespace {

using nlohmann::json;

absl::StatusOr<Parameters> Load(const std::string& path) {
  GYRE_ASSIGN_OR_RETURN(const auto stored, weights::OpenModel(path));
  return LoadParameters(*stored);
}

std::vector<float> LastLogits(const PackedNetwork& network, const std::vector<int32_t>& tokens,
                              ForwardScratch& scratch) {
  SequenceBlocks blocks(network.kv_layout().FloatsPerBlock());
  const std::vector<int64_t> lengths = {static_cast<int64_t>(tokens.size())};
  blocks.Resize(lengths);
  std::vector<NetworkRow> rows;
  for (size_t i = 0; i < tokens.size(); ++i) {
    rows.push_back({tokens[i], static_cast<int32_t>(i), blocks.sequence(0)});
  }
  FloatBuffer hidden(lengths[0] * network.config().hidden_size);
  network.Forward(rows, /*layer_stride=*/0, scratch, hidden.data());
  std::vector<float> logits(static_cast<size_t>(network.config().vocab_size));
  const int32_t last = static_cast<int32_t>(tokens.size()) - 1;
  network.Logits(hidden.data(), {&last, 1}, scratch, logits.data(), network.config().vocab_size);
  return logits;
}

absl::Status Run(const std::string& path) {
  GYRE_ASSIGN_OR_RETURN(const Parameters parameters, Load(path));
  const PackedNetwork network(parameters, kernels::Kernels(kernels::BestInstructionSet()));
  ForwardScratch scratch;
  for (std::string line; std::getline(std::cin, line);) {
    const json question = json::parse(line);
    auto tokens = question.at("tokens").get<std::vector<int32_t>>();
    GYRE_ASSIGN_OR_RETURN(const std::vector<float> log_probs,
                          ScoreSequence(network, tokens, 1.0f, scratch));
    json answer = {{"logprobs", log_probs}, {"greedy", json::array()}};
    std::vector<float> logits = LastLogits(network, tokens, scratch);
    answer["logits"] = logits;
    for (int i = 0; i < question.at("new").get<int>(); ++i) {
      const auto best = std::max_element(logits.begin(), logits.end());
      tokens.push_back(static_cast<int32_t>(best - logits.begin()));
      answer["greedy"].push_back(tokens.back());
      logits = LastLogits(network, tokens, scratch);
    }
    std::cout << answer.dump() << "\n";
  }
  return absl::OkStatus();
}

absl::Status Copy(const std::string& path, const std::string& out) {
  GYRE_ASSIGN_OR_RETURN(const Parameters parameters, Load(path));
  return weights::WriteHfFolder(out, parameters.config(), TensorsOf(parameters), {});
}

absl::Status Main(const std::vector<std::string>& arguments) {
  if (arguments.size() == 2 && arguments[0] == "run") return Run(arguments[1]);
  if (arguments.size() == 3 && arguments[0] == "copy") return Copy(arguments[1], arguments[2]);
  return absl::InvalidArgumentError("see the comment at the top of network_for_oracle.cc");
}

}  // namespace
}  // namespace gyre::model

int main(int argc, char** argv) {
  const absl::Status status = gyre::model::Main(std::vector<std::string>(argv + 1, argv + argc));
  if (status.ok()) return 0;
  std::cerr << status << "\n";
  return 1;
}
