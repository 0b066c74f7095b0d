#include "cli/run/usage_meter.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/file.h"
#include "cli/report/run_record.h"

namespace gyre::cli {

void UsageMeter::Load(const std::string& path) {
  const auto text = base::ReadFile(path);
  if (!text.ok()) return;
  const nlohmann::json json = nlohmann::json::parse(*text, nullptr, false);
  for (const nlohmann::json& stage : List(json, "stages")) {
    if (Text(stage, "name").empty()) continue;
    stages_.push_back(
        {Text(stage, "name"), Number(stage, "wall_seconds"), Number(stage, "cpu_seconds")});
  }
  const auto restarts = json.find("restarts");
  if (restarts == json.end() || !restarts->is_object()) return;
  for (const auto& [name, count] : restarts->items()) {
    const uint64_t times = Count(*restarts, name.c_str());
    if (times > 0) former_restarts_[name] = static_cast<int>(std::min<uint64_t>(times, 1'000'000));
  }
}

absl::Status UsageMeter::Save(const std::string& path) const {
  nlohmann::ordered_json json;
  json["cores"] = cores_;
  json["stages"] = nlohmann::ordered_json::array();
  for (const Stage& stage : stages_) {
    json["stages"].push_back(
        {{"name", stage.name},
         {"wall_seconds", stage.wall_seconds},
         {"cpu_seconds", stage.cpu_seconds},
         {"cores_busy", stage.wall_seconds > 0 ? stage.cpu_seconds / stage.wall_seconds : 0.0}});
  }
  std::map<std::string, int> restarts = former_restarts_;
  for (const auto& [name, count] : restarts_) restarts[name] += count;
  json["restarts"] = nlohmann::ordered_json::object();
  for (const auto& [name, count] : restarts) json["restarts"][name] = count;
  if (!failure_.empty()) json["failure"] = failure_;
  return base::WriteFileAtomically(
      path, json.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

void UsageMeter::Record(const std::string& stage, absl::Time now, absl::Duration cpu_time) {
  const absl::Duration wall = now - last_;
  const absl::Duration cpu = std::max(cpu_time - last_cpu_time_, absl::ZeroDuration());
  const bool has_start = last_ != absl::InfinitePast();
  last_ = now;
  last_cpu_time_ = std::max(cpu_time, last_cpu_time_);
  if (!has_start || stage.empty()) return;
  auto found = std::find_if(stages_.begin(), stages_.end(),
                            [&](const Stage& known) { return known.name == stage; });
  if (found == stages_.end()) found = stages_.insert(stages_.end(), {stage});
  found->wall_seconds += absl::ToDoubleSeconds(wall);
  found->cpu_seconds += absl::ToDoubleSeconds(cpu);
}

std::vector<std::string> UsageMeter::Sentences() const {
  std::vector<std::string> sentences;
  for (const Stage& stage : stages_) {
    if (stage.wall_seconds <= 0) continue;
    const double busy = stage.cpu_seconds / stage.wall_seconds;
    sentences.push_back(absl::StrFormat("%s: %.2f of %d cores busy (%.0f %%)", stage.name, busy,
                                        cores_, 100 * busy / cores_));
  }
  return sentences;
}

}  // namespace gyre::cli
