#include "learner/learner.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "google/protobuf/text_format.h"
#include "kernels/instruction_set.h"
#include "kernels/kernel_table.h"
#include "learner/checkpoint_reader.h"
#include "learner/checkpoint_writer.h"
#include "learner/gloo_collectives.h"
#include "learner/heartbeat.h"
#include "learner/policy_snapshot.h"
#include "learner/rank_store.h"
#include "learner/training_loop.h"
#include "learner/watched_collectives.h"
#include "text/tokenizer_files.h"

namespace gyre::learner {
namespace {

constexpr absl::Duration kLeaveTimeout = absl::Seconds(2);
// For the ranks to find each other once all have joined.
constexpr absl::Duration kConnectTimeout = absl::Minutes(1);

bool IsAttemptOver(const absl::Status& status) {
  return absl::IsAborted(status) || absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status);
}

// How many policies may be in use at once.
size_t PoliciesInUse(const RunSpec& spec) {
  uint32_t lag = 0;
  for (const StageSpec& stage : spec.stage()) lag = std::max(lag, stage.rl().max_policy_lag());
  return size_t{lag} + 2;
}

}  // namespace

Learner::Learner(CoordinatorSession::Options options, PolicyShelf& shelf, rpc::WaitBoard& waits,
                 LearnerMetrics& metrics, std::function<void(Ending)> on_attempt_over)
    : options_(std::move(options)),
      shelf_(shelf),
      waits_(waits),
      metrics_(metrics),
      on_attempt_over_(std::move(on_attempt_over)) {}

Learner::~Learner() = default;

void Learner::Stop() {
  stopping_ = true;
  stop_.request_stop();
}

Learner::Result Learner::Run() {
  const absl::Status status = RunRank();
  ended_ = true;
  const Result result = ResultOf(status);
  collectives_.reset();  // closes its connections: a rank that waits in a collective is freed
  if (session_ != nullptr) {
    session_->Leave(result.why, result.ending == Ending::kFailed ? result.why : "", kLeaveTimeout);
  }
  return result;
}

Learner::Result Learner::ResultOf(const absl::Status& status) const {
  if (status.ok()) return {Ending::kDone, "the run is finished"};
  if (absl::IsCancelled(status)) return {Ending::kDone, "stopped"};
  const std::string why(status.message());
  if (!IsAttemptOver(status)) return {Ending::kFailed, why};
  // After a stop the other ranks leave, too.
  if (stopping_) return {Ending::kDone, absl::StrCat("stopped; ", why)};
  return {Ending::kRestart, why};
}

absl::Status Learner::RunRank() {
  GYRE_ASSIGN_OR_RETURN(session_, CoordinatorSession::Join(options_, waits_, stop_.get_token()));
  const JoinReply& joined = session_->joined();
  if (!google::protobuf::TextFormat::ParseFromString(joined.spec(), &spec_)) {
    return absl::InvalidArgumentError("the coordinator's spec cannot be read by this build");
  }
  spdlog::info("rank {} of {}, attempt {}, run {}", session_->rank(), session_->world_size(),
               session_->attempt(), spec_.name());
  const Heartbeat heartbeat(*session_, waits_, absl::Seconds(joined.heartbeat_seconds()),
                            [this](const absl::Status& status) {
                              if (ended_) return;
                              spdlog::info("{}", std::string(status.message()));
                              on_attempt_over_(stopping_ ? Ending::kDone : Ending::kRestart);
                            });
  StartPoint start;
  GYRE_RETURN_IF_ERROR(FormRanks(start));
  GYRE_RETURN_IF_ERROR(Train(start));
  // Nobody leaves before all know that the run is finished: a rank that leaves ends the attempt. If
  // one is gone already, it does not matter any more.
  ended_ = true;
  std::array<double, 1> nothing = {};
  collectives_->AllReduceSum(absl::MakeSpan(nothing)).IgnoreError();
  return absl::OkStatus();
}

absl::Status Learner::FormRanks(StartPoint& start) {
  const bool alone = session_->world_size() == 1;
  std::unique_ptr<RankStore> store;
  std::string address;
  if (session_->rank() == 0) {
    if (!alone) {
      GYRE_ASSIGN_OR_RETURN(store, RankStore::Serve(kConnectTimeout));
    }
    address = alone ? "none" : store->address();
  }
  RendezvousReply reply;
  {
    const rpc::NamedWait wait(waits_, "ranks", "the other ranks to join");
    while (!reply.ready()) {
      GYRE_ASSIGN_OR_RETURN(reply, session_->Rendezvous(address, stop_.get_token()));
    }
  }
  start = reply.start();
  if (alone) {
    collectives_ = std::make_unique<LocalCollectives>();
    return absl::OkStatus();
  }
  const rpc::NamedWait wait(waits_, "ranks", "the other ranks to connect");
  if (store == nullptr) {
    GYRE_ASSIGN_OR_RETURN(store, RankStore::Connect(reply.store_address(), kConnectTimeout));
  }
  GYRE_ASSIGN_OR_RETURN(
      collectives_, GlooCollectives::Create(std::move(store), session_->attempt(),
                                            static_cast<int>(session_->rank()),
                                            static_cast<int>(session_->world_size()),
                                            absl::Seconds(spec_.limits().collective_seconds())));
  return absl::OkStatus();
}

absl::Status Learner::Train(const StartPoint& start) {
  const std::string& run_dir = session_->joined().run_dir();
  GYRE_ASSIGN_OR_RETURN(const ModelSource model, ModelSource::Open(spec_));
  shelf_.Prepare(PoliciesInUse(spec_), model.tokenizer_files());
  const PolicyOrigin origin = {.address = options_.policy_address,
                               .tokenizer_digest = text::TokenizerDigest(model.tokenizer_files()),
                               .probe = ProbeSequences(model.config(), spec_.seed())};
  std::optional<Checkpoint> checkpoint;
  if (!start.checkpoint().empty()) {
    GYRE_ASSIGN_OR_RETURN(checkpoint, ReadCheckpoint(absl::StrCat(run_dir, "/", start.checkpoint()),
                                                     start.policy_digest()));
    if (checkpoint->position.version != start.version()) {
      return absl::DataLossError(absl::StrCat(
          run_dir, "/", start.checkpoint(), " holds version ", checkpoint->position.version,
          ", but the ledger names it for version ", start.version()));
    }
    spdlog::info("loaded {}", start.checkpoint());
  }
  if (session_->rank() == 0) {
    GYRE_RETURN_IF_ERROR(RemoveStrayCheckpoints(run_dir, start.version()));
  }
  WatchedCollectives collectives(*collectives_, waits_);
  GYRE_ASSIGN_OR_RETURN(
      const std::unique_ptr<TrainingLoop> loop,
      TrainingLoop::Begin({.spec = spec_,
                           .run_dir = run_dir,
                           .model = model,
                           .origin = origin,
                           .kernels = kernels::Kernels(kernels::BestInstructionSet()),
                           .session = *session_,
                           .collectives = collectives,
                           .shelf = shelf_,
                           .waits = waits_,
                           .metrics = metrics_},
                          std::move(checkpoint)));
  return loop->Run(session_->rank() == 0 ? stop_.get_token() : std::stop_token());
}

}  // namespace gyre::learner
