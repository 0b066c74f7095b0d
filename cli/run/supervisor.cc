#include "cli/run/supervisor.h"

#include <signal.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/file.h"
#include "base/status_macros.h"
#include "cli/run/log_tail.h"

namespace gyre::cli {
namespace {

constexpr int kFailed = 1;
constexpr int kWrongUsage = 2;
// A member leaves with exit code 0 when the run is complete, which is heard of here a little later.
constexpr absl::Duration kAfterLeaving = absl::Seconds(3);
constexpr absl::Duration kLook = absl::Milliseconds(20);

// Actors first, so that nothing new is made; the learner then writes its checkpoint with the
// coordinator, which names it, still there.
constexpr ProcessKind kDrainOrder[] = {ProcessKind::kActor, ProcessKind::kLearner,
                                       ProcessKind::kRewarder, ProcessKind::kCoordinator};

absl::Duration GraceOf(ProcessKind kind) {
  return kind == ProcessKind::kLearner ? absl::Seconds(30) : absl::Seconds(10);
}

bool CarriesTheRun(ProcessKind kind) {
  return kind == ProcessKind::kCoordinator || kind == ProcessKind::kLearner;
}

// "learner-0 failed: no memory (runs/a/logs/learner-0.log)", of a life that began so far into its
// log.
std::string Sentence(const ProcessPlan& plan, const std::string& what, uint64_t log_begin) {
  const std::string line = LastErrorLine(plan.log_file, log_begin);
  return absl::StrCat(plan.name, " ", what, line.empty() ? "" : ": ", line, " (", plan.log_file,
                      ")");
}

}  // namespace

Supervisor::Supervisor(std::vector<ProcessPlan> plans, std::function<void(const std::string&)> tell)
    : tell_(std::move(tell)) {
  for (ProcessPlan& plan : plans) {
    members_.push_back({.plan = std::move(plan),
                        .policy = RestartPolicy(members_.size()),
                        .process = {},
                        .next_start = {},
                        .why_ended = {},
                        .starts = 0,
                        .log_begin = 0,
                        .former_cpu_time = {}});
  }
}

Supervisor::~Supervisor() { KillAll(); }

absl::Status Supervisor::StartMember(Member& member) {
  member.log_begin = base::FileSizeBytes(member.plan.log_file).value_or(0);
  GYRE_ASSIGN_OR_RETURN(
      ChildProcess process,
      ChildProcess::Start(member.starts == 0 ? member.plan.argv : member.plan.restart_argv,
                          member.plan.log_file, member.plan.environment));
  member.process = std::move(process);
  member.next_start.reset();
  ++member.starts;
  return absl::OkStatus();
}

absl::Status Supervisor::Start() {
  for (Member& member : members_) GYRE_RETURN_IF_ERROR(StartMember(member));
  return absl::OkStatus();
}

absl::Status Supervisor::Tend(absl::Time now, uint64_t progress) {
  for (Member& member : members_) {
    if (member.process) {
      if (const auto exit = member.process->PollExit()) {
        member.former_cpu_time += exit->cpu_time;
        member.process.reset();
        GYRE_RETURN_IF_ERROR(Judge(member, *exit, now, progress));
      }
    }
    if (member.next_start && *member.next_start <= now) {
      tell_(absl::StrCat(member.plan.name, " ended (", member.why_ended, "); starting it again"));
      GYRE_RETURN_IF_ERROR(StartMember(member));
    }
  }
  return absl::OkStatus();
}

absl::Status Supervisor::Judge(Member& member, const ProcessExit& exit, absl::Time now,
                               uint64_t progress) {
  const ProcessPlan& plan = member.plan;
  if (exit.signal == 0 &&
      (exit.code == kWrongUsage || (exit.code == kFailed && CarriesTheRun(plan.kind)))) {
    return absl::AbortedError(Sentence(plan, "failed", member.log_begin));
  }
  const std::optional<absl::Duration> pause = member.policy.NextPause(exit, now, progress);
  if (!pause) {
    return absl::AbortedError(
        Sentence(plan,
                 absl::StrCat("ended ", member.policy.ends(),
                              " times without progress of the run, last by ", exit.ToString()),
                 member.log_begin));
  }
  const bool left = exit.signal == 0 && exit.code == 0;
  member.next_start = now + (left ? std::max(*pause, kAfterLeaving) : *pause);
  member.why_ended = exit.ToString();
  if (exit.signal == 0 && exit.code == RestartPolicy::kStartAgainCode) {
    member.why_ended = "as it asked for";
  }
  if (exit.signal == 0 && exit.code == kFailed) {
    absl::StrAppend(&member.why_ended, ", ", LastErrorLine(plan.log_file, member.log_begin));
  }
  return absl::OkStatus();
}

void Supervisor::Reap(Member& member, absl::string_view when) {
  if (!member.process) return;
  if (const auto exit = member.process->PollExit()) {
    member.former_cpu_time += exit->cpu_time;
    member.process.reset();
    if (exit->signal == 0 && exit->code != kFailed) return;
    const std::string how = exit->signal == 0 ? "failed" : exit->ToString();
    tell_(Sentence(member.plan, absl::StrCat(how, " ", when), member.log_begin));
  }
}

bool Supervisor::AwaitEnd(ProcessKind kind, absl::string_view when, absl::Time deadline,
                          base::SignalWaiter& signals) {
  while (true) {
    bool ended = true;
    for (Member& member : members_) {
      if (member.plan.kind != kind) continue;
      Reap(member, when);
      if (member.process) ended = false;
    }
    if (ended) return true;
    if (absl::Now() >= deadline) return false;
    // A terminal that closes may say so twice, by itself and by its shell; nobody is impatient
    // then.
    const std::optional<int> signal = signals.WaitUntil(absl::Now() + kLook);
    if (signal && *signal != SIGHUP) {
      KillAll();
      return false;
    }
  }
}

bool Supervisor::Drain(base::SignalWaiter& signals, absl::Duration maximum_grace) {
  for (Member& member : members_) member.next_start.reset();
  bool in_order = true;
  for (const ProcessKind kind : kDrainOrder) {
    for (const Member& member : members_) {
      if (member.plan.kind == kind && member.process) member.process->Signal(SIGTERM);
    }
    const absl::Time deadline = absl::Now() + std::min(GraceOf(kind), maximum_grace);
    if (AwaitEnd(kind, "while it was stopped", deadline, signals)) continue;
    in_order = false;
    for (Member& member : members_) {
      if (member.plan.kind != kind || !member.process) continue;
      tell_(absl::StrCat(member.plan.name, " did not end in time; killed"));
      member.former_cpu_time += member.process->CpuTime();
      member.process.reset();
    }
  }
  return in_order;
}

void Supervisor::AwaitMembers(base::SignalWaiter& signals, absl::Duration grace) {
  for (Member& member : members_) member.next_start.reset();
  const absl::Time deadline = absl::Now() + grace;
  for (const ProcessKind kind :
       {ProcessKind::kActor, ProcessKind::kLearner, ProcessKind::kRewarder}) {
    AwaitEnd(kind, "when the run was complete", deadline, signals);
  }
}

void Supervisor::KillAll() {
  for (Member& member : members_) {
    if (!member.process) continue;
    member.former_cpu_time += member.process->CpuTime();
    member.process.reset();
  }
}

absl::Duration Supervisor::CpuTime() const {
  absl::Duration total;
  for (const Member& member : members_) {
    total += member.former_cpu_time;
    if (member.process) total += member.process->CpuTime();
  }
  return total;
}

std::map<std::string, int> Supervisor::Restarts() const {
  std::map<std::string, int> restarts;
  for (const Member& member : members_) {
    if (member.starts > 1) restarts[member.plan.name] = member.starts - 1;
  }
  return restarts;
}

std::map<std::string, pid_t> Supervisor::Pids() const {
  std::map<std::string, pid_t> pids;
  for (const Member& member : members_) {
    if (member.process) pids[member.plan.name] = member.process->pid();
  }
  return pids;
}

}  // namespace gyre::cli
