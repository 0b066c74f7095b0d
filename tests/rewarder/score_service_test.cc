#include "rewarder/score_service.h"

#include <gmock/gmock.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>
#include <prometheus/text_serializer.h>

#include <future>
#include <memory>

#include "base/mutex.h"

namespace gyre::rewarder {
namespace {

using ::testing::HasSubstr;

// Blocks in Check until it is let go, so that a call is running for sure.
class GateRule final : public Rule {
 public:
  Verdict Check(const Problem&, const Response&) const override {
    base::MutexLock lock(mutex_);
    ++entered_;
    changed_.NotifyAll();
    changed_.WaitUntil(mutex_, absl::Now() + absl::Seconds(30), [this] { return open_; });
    return {1.0, "gate", ""};
  }
  bool WaitEntered(int calls) const {
    base::MutexLock lock(mutex_);
    return changed_.WaitUntil(mutex_, absl::Now() + absl::Seconds(30),
                              [&] { return entered_ >= calls; });
  }
  void Open() const {
    base::MutexLock lock(mutex_);
    open_ = true;
    changed_.NotifyAll();
  }

 private:
  mutable base::Mutex mutex_;
  mutable base::CondVar changed_;
  mutable int entered_ = 0;
  mutable bool open_ = false;
};

class ScoreServiceTest : public ::testing::Test {
 protected:
  void Start(RuleSet rules, int max_calls) {
    rules_ = std::move(rules);
    service_ = std::make_unique<ScoreService>(rules_, max_calls, registry_);
    grpc::ServerBuilder builder;
    builder.RegisterService(service_.get());
    server_ = builder.BuildAndStart();
    stub_ = Rewarder::NewStub(server_->InProcessChannel({}));
  }

  grpc::Status Score(const ScoreRequest& request, ScoreReply& reply) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    return stub_->Score(&context, request, &reply);
  }

  static ScoreRequest Request() {
    ScoreRequest request;
    request.mutable_problem()->set_id("p");
    request.mutable_problem()->set_kind("countdown");
    request.mutable_problem()->mutable_countdown()->add_numbers(7);
    request.mutable_problem()->mutable_countdown()->set_target(7);
    request.add_components("format");
    request.add_components("accuracy");
    request.add_end_marks("<eos>");
    for (const int index : {4, 2}) {
      ScoreRequest::Response& response = *request.add_responses();
      response.set_index(index);
      response.set_text(index == 4 ? "<think></think><answer>7</answer><eos>" : "junk");
      response.set_finish_reason(STOP);
    }
    return request;
  }

  RuleSet rules_;
  prometheus::Registry registry_;
  std::unique_ptr<ScoreService> service_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<Rewarder::Stub> stub_;
};

TEST_F(ScoreServiceTest, JudgesEachResponseInTheRequestsOrder) {
  Start(MakeRules(), 4);
  ScoreReply reply;
  ASSERT_TRUE(Score(Request(), reply).ok());
  ASSERT_EQ(reply.scored_size(), 2);
  EXPECT_EQ(reply.scored(0).index(), 4u);
  EXPECT_EQ(reply.scored(0).outcome().components(0).component(), "format");
  EXPECT_EQ(reply.scored(0).outcome().components(1).value(), 1);
  EXPECT_EQ(reply.scored(1).index(), 2u);
  EXPECT_EQ(reply.scored(1).outcome().components(1).value(), 0);
}

TEST_F(ScoreServiceTest, ReadsAResponseInsideTheThoughtThatThePromptOpened) {
  Start(MakeRules(), 4);
  ScoreRequest request = Request();
  request.set_thought_is_open(true);
  request.mutable_responses(0)->set_text("a</think><answer>7</answer><eos>");
  request.mutable_responses(1)->set_text("<think>a</think><answer>7</answer><eos>");
  ScoreReply reply;
  ASSERT_TRUE(Score(request, reply).ok());
  EXPECT_EQ(reply.scored(0).outcome().components(0).value(), 1);
  EXPECT_EQ(reply.scored(1).outcome().components(0).value(), 0);
}

TEST_F(ScoreServiceTest, TakesTheEndMarkFromTheRequest) {
  Start(MakeRules(), 4);
  ScoreRequest request = Request();
  request.clear_end_marks();
  request.add_end_marks("<|endoftext|>");
  request.add_end_marks("<|im_end|>");
  request.mutable_responses(1)->set_text("<think>a</think><answer>7</answer><|im_end|>");
  ScoreReply reply;
  ASSERT_TRUE(Score(request, reply).ok());
  EXPECT_EQ(reply.scored(0).outcome().components(1).value(), 0) << "\"<eos>\" is no mark here";
  EXPECT_EQ(reply.scored(1).outcome().components(0).value(), 1);
  EXPECT_EQ(reply.scored(1).outcome().components(1).value(), 1);
}

TEST_F(ScoreServiceTest, GivesTheSameReplyToTheSameRequest) {
  Start(MakeRules(), 4);
  ScoreReply first, second;
  ASSERT_TRUE(Score(Request(), first).ok());
  ASSERT_TRUE(Score(Request(), second).ok());
  EXPECT_EQ(first.SerializeAsString(), second.SerializeAsString());
}

TEST_F(ScoreServiceTest, RefusesMalformedRequests) {
  Start(MakeRules(), 4);
  const auto code_with = [&](const std::function<void(ScoreRequest&)>& change) {
    ScoreRequest request = Request();
    change(request);
    ScoreReply reply;
    return Score(request, reply).error_code();
  };
  const auto invalid = grpc::StatusCode::INVALID_ARGUMENT;
  EXPECT_EQ(code_with([](ScoreRequest& r) { r.mutable_problem()->clear_id(); }), invalid);
  EXPECT_EQ(code_with([](ScoreRequest& r) { r.clear_components(); }), invalid);
  EXPECT_EQ(code_with([](ScoreRequest& r) { r.clear_responses(); }), invalid);
  EXPECT_EQ(code_with([](ScoreRequest& r) { r.mutable_responses(1)->set_index(4); }), invalid);
  EXPECT_EQ(code_with([](ScoreRequest& r) { r.mutable_responses(1)->clear_finish_reason(); }),
            invalid);
}

TEST_F(ScoreServiceTest, RefusesCallsBeyondItsBound) {
  auto owned = std::make_unique<GateRule>();
  const GateRule& gate = *owned;
  RuleSet rules;
  rules.AddComponent("format", std::move(owned));
  Start(std::move(rules), 1);
  auto first = std::async(std::launch::async, [&] {
    ScoreReply reply;
    return Score(Request(), reply).error_code();
  });
  ASSERT_TRUE(gate.WaitEntered(1));
  ScoreReply reply;
  EXPECT_EQ(Score(Request(), reply).error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  gate.Open();
  EXPECT_EQ(first.get(), grpc::StatusCode::OK);
  EXPECT_EQ(Score(Request(), reply).error_code(), grpc::StatusCode::OK);
}

TEST_F(ScoreServiceTest, CountsOutcomesWithBoundedLabels) {
  Start(MakeRules(), 4);
  ScoreRequest request = Request();
  request.add_components("x1");
  request.add_components("x2");
  ScoreReply reply;
  ASSERT_TRUE(Score(request, reply).ok());
  const std::string text = prometheus::TextSerializer().Serialize(registry_.Collect());
  EXPECT_THAT(text, HasSubstr(R"(gyre_outcomes_total{component="accuracy",kind="value"} 2)"));
  EXPECT_THAT(
      text,
      HasSubstr(R"(gyre_outcomes_total{component="unknown",kind="SCORE_ERROR_UNSUPPORTED"} 4)"));
  EXPECT_THAT(text, HasSubstr("gyre_score_seconds_count 1"));
}

}  // namespace
}  // namespace gyre::rewarder
