#include "cli/status_command.h"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/file.h"
#include "base/status_macros.h"
#include "cli/run/amounts.h"
#include "cli/run/live_view.h"
#include "cli/run/plain_lines.h"
#include "cli/run/run_directory.h"
#include "cli/run/run_result.h"
#include "cli/run/status_poller.h"

namespace gyre::cli {
namespace {

constexpr absl::Duration kDeadline = absl::Seconds(5);
constexpr int kColumns = 1000;

// The coordinator's address, if `gyre run` has left one.
absl::StatusOr<std::string> CoordinatorAddress(const std::string& run_dir) {
  GYRE_ASSIGN_OR_RETURN(const std::string text, base::ReadFile(run_dir + "/ports.json"));
  const nlohmann::json json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object() || !json.contains("coordinator") || !json["coordinator"].is_string()) {
    return absl::InvalidArgumentError(absl::StrCat(run_dir, "/ports.json is damaged"));
  }
  return json["coordinator"].get<std::string>();
}

void Print(const GetStatusReply& status) {
  std::printf("run %s, epoch %s, running for %s\n", status.run_name().c_str(),
              absl::StrCat(status.epoch()).c_str(),
              Clock(absl::Seconds(status.wall_seconds())).c_str());
  std::printf("stage %s, step %u of %u, version %s\n", status.stage().c_str(), status.stage_step(),
              status.stage_steps(), absl::StrCat(status.version()).c_str());
  if (!status.failure().empty()) std::printf("cannot go on: %s\n", status.failure().c_str());
  if (!status.trouble().empty()) std::printf("stands still: %s\n", status.trouble().c_str());
  if (!status.evaluation().empty()) std::printf("evaluating %s\n", status.evaluation().c_str());
  if (!status.waiting_for().empty()) std::printf("waiting for %s\n", status.waiting_for().c_str());
  const GroupCounts& groups = status.groups();
  std::printf(
      "groups: %s\n",
      absl::StrCat("issued ", groups.issued(), " = pending ", groups.pending(), " + leased ",
                   groups.leased(), " + ready ", groups.ready(), " + assigned ", groups.assigned(),
                   " + consumed ", groups.consumed(), " + evaluated ", groups.evaluated(),
                   " + written ", groups.written(), " + dropped ", groups.dropped())
          .c_str());
  for (const EvalResult& eval : status.evals()) std::printf("%s\n", EvalSentence(eval).c_str());
  for (const MemberStatus& member : status.members()) {
    std::printf("%s\n", DrawMember(member).Render(kColumns, false).c_str());
    for (const Wait& wait : member.waits()) {
      std::printf("      %s, for %.1f s\n", wait.what().c_str(), wait.seconds());
    }
  }
}

}  // namespace

int StatusCommand(const std::string& run_dir) {
  const auto address = CoordinatorAddress(run_dir);
  absl::Status status = address.status();
  if (address.ok()) {
    const auto reply = FetchStatus(*address, 0, absl::Now() + kDeadline);
    if (reply.ok()) {
      Print(*reply);
      return 0;
    }
    status = reply.status();
  }
  if (const auto owner = RunDirectory::Owner(run_dir)) {
    std::fprintf(
        stderr,
        "gyre status: gyre run (process %s) is there, but its coordinator does not answer: "
        "%s; see %s/logs/coordinator-0.log\n",
        owner->c_str(), std::string(status.message()).c_str(), run_dir.c_str());
    return 1;
  }
  const std::string ending = RunStatus(run_dir);
  if (ending.empty() && !base::Exists(run_dir + "/spec.textproto")) {
    std::fprintf(stderr, "gyre status: nothing runs in %s: %s\n", run_dir.c_str(),
                 std::string(status.message()).c_str());
    return 1;
  }
  std::printf("%s does not run now; it is %s\n\n", run_dir.c_str(),
              ending.empty() || ending == "running" ? "cut off" : ending.c_str());
  const auto table = ResultTable(run_dir);
  if (table.ok()) std::printf("%s", table->c_str());
  return 0;
}

}  // namespace gyre::cli
