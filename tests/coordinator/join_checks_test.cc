// Whom a coordinator lets join.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "base/clock.h"
#include "base/file.h"
#include "coordinator/coordinator_service.h"
#include "coordinator/open_run.h"
#include "tests/base/temporary_folder.h"
#include "tests/spec/spec_texts.h"

namespace gyre::coordinator {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class JoinChecks : public testing::Test {
 protected:
  JoinChecks() {
    const std::string spec = folder_ / "spec.textproto";
    EXPECT_TRUE(base::WriteFileAtomically(spec, spec::ValidSpec()).ok());
    auto run = OpenRun::Open({.spec_path = spec, .run_dir = folder_ / "run"}, clock_);
    EXPECT_TRUE(run.ok()) << run.status();
    run_ = *std::move(run);
    ledger_ = std::make_unique<DurableLedger>(run_->TakeLedger(), run_->stores(), clock_,
                                              [](const Ledger&) {});
    CoordinatorService::Options options;
    options.spec = run_->spec();
    options.spec_text = run_->spec_text();
    options.spec_digest = run_->spec_digest();
    options.build = "build A";
    options.run_token = "secret";
    options.run_dir = run_->run_dir();
    service_ = std::make_unique<CoordinatorService>(std::move(options), run_->sources(),
                                                    run_->plan(), *ledger_, run_->payloads());
    request_.set_role(ACTOR);
    request_.set_name("actor-0");
    request_.set_build("build A");
    request_.set_run_token("secret");
  }
  ~JoinChecks() override { EXPECT_TRUE(ledger_->Close("stopped").ok()); }

  grpc::Status Join() {
    grpc::ServerContext context;
    return service_->Join(&context, &request_, &reply_);
  }

  base::TemporaryFolder folder_;
  base::RealClock clock_;
  std::unique_ptr<OpenRun> run_;
  std::unique_ptr<DurableLedger> ledger_;
  std::unique_ptr<CoordinatorService> service_;
  JoinRequest request_;
  JoinReply reply_;
};

TEST_F(JoinChecks, MemberOfTheSameBuildTokenAndSpecJoins) {
  ASSERT_TRUE(Join().ok());
  EXPECT_EQ(reply_.spec_digest(), run_->spec_digest());
  request_.set_spec_digest(reply_.spec_digest());
  EXPECT_TRUE(Join().ok()) << "again, with the spec that it was given";
}

TEST_F(JoinChecks, AnotherBuildIsRefusedAndBothAreNamed) {
  request_.set_build("build B");
  const grpc::Status refused = Join();
  EXPECT_EQ(refused.error_code(), grpc::FAILED_PRECONDITION);
  EXPECT_THAT(refused.error_message(), AllOf(HasSubstr("build A"), HasSubstr("build B")));
}

TEST_F(JoinChecks, AnotherSpecIsRefusedAndBothDigestsAreNamed) {
  request_.set_spec_digest(std::string(32, '\xab'));
  const grpc::Status refused = Join();
  EXPECT_EQ(refused.error_code(), grpc::FAILED_PRECONDITION);
  std::string other;
  for (int i = 0; i < 32; ++i) other += "ab";
  EXPECT_THAT(refused.error_message(),
              AllOf(HasSubstr("actor-0"), HasSubstr(other),
                    HasSubstr(absl::BytesToHexString(run_->spec_digest()))));
}

TEST_F(JoinChecks, AnotherRunTokenIsRefused) {
  request_.set_run_token("guess");
  const grpc::Status refused = Join();
  EXPECT_EQ(refused.error_code(), grpc::PERMISSION_DENIED);
  EXPECT_THAT(refused.error_message(), testing::Not(HasSubstr("secret")));
}

}  // namespace
}  // namespace gyre::coordinator
