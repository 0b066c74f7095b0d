#include "cli/run/local_run.h"

#include <unistd.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/file.h"
#include "cli/run/status_poller.h"

namespace gyre::cli {
namespace {

constexpr absl::Duration kLook = absl::Milliseconds(50);
constexpr absl::Duration kMeasureEvery = absl::Seconds(1);
constexpr absl::Duration kSaveEvery = absl::Seconds(10);
constexpr absl::Duration kMembersLeave = absl::Seconds(15);
constexpr absl::Duration kFailureGrace = absl::Seconds(3);

std::string UsagePath(const RunDirectory& directory) {
  return directory.path() + "/processes.json";
}

}  // namespace

LocalRun::LocalRun(const RunDirectory& directory, const RunSpec& spec, const RunPlan& plan,
                   RunView& view)
    : directory_(directory),
      plan_(plan),
      processes_(PlanProcesses(spec, plan)),
      view_(view),
      progress_(spec),
      supervisor_(processes_,
                  [this](const std::string& sentence) {
                    // Of a run that has failed, what fails with it is no news.
                    if (failure_.empty()) view_.Tell(sentence);
                  }),
      usage_(static_cast<int>(std::thread::hardware_concurrency())) {
  usage_.Load(UsagePath(directory));
}

LocalRun::Ending LocalRun::Run(base::SignalWaiter& signals) {
  absl::Status status = WritePorts();
  if (status.ok()) status = supervisor_.Start();
  Ending ending = Ending::kFailed;
  if (status.ok()) {
    ending = Watch(signals);
  } else {
    failure_ = std::string(status.message());
  }
  MeasureUsage(progress_.status().stage());
  if (ending == Ending::kFinished) supervisor_.AwaitMembers(signals, kMembersLeave);
  const bool in_order = supervisor_.Drain(
      signals, ending == Ending::kFailed ? kFailureGrace : absl::InfiniteDuration());
  if (ending == Ending::kStopped && !in_order) {
    view_.Tell("not every process ended in order; what it had not written is computed again");
  }
  usage_.SetFailure(failure_);
  const absl::Status saved = usage_.Save(UsagePath(directory_));
  if (!saved.ok()) view_.Tell(std::string(saved.message()));
  const absl::Status removed = base::RemoveAll(directory_.ports_path());
  if (!removed.ok()) view_.Tell(std::string(removed.message()));
  return ending;
}

LocalRun::Ending LocalRun::Watch(base::SignalWaiter& signals) {
  StatusPoller poller(plan_.coordinator_address);
  while (true) {
    if (signals.WaitUntil(absl::Now() + kLook)) {
      view_.Tell("stopping: the processes end in order; once more to end them at once");
      return Ending::kStopped;
    }
    const absl::Time now = absl::Now();
    if (const auto news = poller.Take()) progress_.Update(news->status, news->metrics);
    view_.Show(progress_, poller.silence(), now);
    if (progress_.status().finished()) return Ending::kFinished;
    if (!progress_.status().failure().empty()) {
      failure_ = progress_.status().failure();
      return Ending::kFailed;
    }
    const absl::Status status = supervisor_.Tend(now, progress_.WorkDone());
    if (!status.ok()) {
      failure_ = std::string(status.message());
      return Ending::kFailed;
    }
    if (now >= next_measure_) MeasureUsage(progress_.status().stage());
  }
}

void LocalRun::MeasureUsage(const std::string& stage) {
  const absl::Time now = absl::Now();
  next_measure_ = now + kMeasureEvery;
  usage_.Record(stage, now, supervisor_.CpuTime());
  usage_.SetRestarts(supervisor_.Restarts());
  if (now < next_save_) return;
  next_save_ = now + kSaveEvery;
  const absl::Status saved = usage_.Save(UsagePath(directory_));
  if (!saved.ok()) view_.Tell(std::string(saved.message()));
}

absl::Status LocalRun::WritePorts() const {
  nlohmann::ordered_json json;
  json["coordinator"] = plan_.coordinator_address;
  json["gyre_run_pid"] = getpid();
  json["metrics"] = nlohmann::ordered_json::object();
  for (const ProcessPlan& process : processes_) {
    if (process.metrics_port >= 0) {
      json["metrics"][process.name] =
          absl::StrCat("http://127.0.0.1:", process.metrics_port, "/metrics");
    }
  }
  return base::WriteFileAtomically(directory_.ports_path(), json.dump(1) + "\n");
}

std::string LocalRun::Place() const {
  const GetStatusReply& status = progress_.status();
  if (status.stage().empty()) return "the start";
  return absl::StrCat("step ", status.stage_step(), " of stage ", status.stage());
}

}  // namespace gyre::cli
