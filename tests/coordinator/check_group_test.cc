#include "coordinator/check_group.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

#include "tests/coordinator/groups.h"

namespace gyre::coordinator {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::vector<std::string> kComponents = {"accuracy"};

Group GoodGroup() { return MakeGroup({}, {MakeSample(0, 3, 1), MakeSample(1, 4, std::nullopt)}); }

TEST(CheckGroup, TakesAWholeGroup) {
  EXPECT_EQ(CheckGroup(GoodGroup(), kComponents), absl::OkStatus());
}

TEST(CheckGroup, RefusesAGroupWithoutSamples) {
  const absl::Status checked = CheckGroup(MakeGroup({}, {}), kComponents);
  EXPECT_EQ(checked.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(checked.message(), HasSubstr("no samples"));
}

struct Fault {
  const char* says;
  std::function<void(Group&)> make;
};

TEST(CheckGroup, RefusesWhatCannotBeTrainedAndSaysWhy) {
  const Fault faults[] = {
      {"2 of 3 samples", [](Group& group) { group.mutable_sampling()->set_samples(3); }},
      {"prompt has no tokens", [](Group& group) { group.clear_prompt_token_ids(); }},
      {"index 5", [](Group& group) { group.mutable_samples(1)->set_index(5); }},
      {"no finish reason", [](Group& group) { group.mutable_samples(0)->clear_finish_reason(); }},
      {"has 3 tokens", [](Group& group) { group.mutable_sampling()->set_max_response_tokens(2); }},
      {"has 0 tokens", [](Group& group) { group.mutable_samples(0)->clear_spans(); }},
      {"no origin",
       [](Group& group) { group.mutable_samples(0)->mutable_spans(0)->clear_origin(); }},
      {"names no policy",
       [](Group& group) { group.mutable_samples(0)->mutable_spans(0)->clear_policy(); }},
      {"2 log-probs",
       [](Group& group) {
         group.mutable_samples(0)->mutable_spans(0)->mutable_log_probs()->RemoveLast();
       }},
      {"is no log-prob",
       [](Group& group) { group.mutable_samples(0)->mutable_spans(0)->set_log_probs(0, NAN); }},
      {"is no log-prob",
       [](Group& group) { group.mutable_samples(0)->mutable_spans(0)->set_log_probs(0, 0.5); }},
      {"0 of 1 components",
       [](Group& group) { group.mutable_samples(0)->mutable_outcome()->clear_components(); }},
      {"in place of \"accuracy\"",
       [](Group& group) {
         group.mutable_samples(0)->mutable_outcome()->mutable_components(0)->set_component("form");
       }},
      {"neither a value nor an error",
       [](Group& group) {
         group.mutable_samples(0)->mutable_outcome()->mutable_components(0)->set_value(NAN);
       }},
  };
  for (const Fault& fault : faults) {
    Group group = GoodGroup();
    fault.make(group);
    const absl::Status checked = CheckGroup(group, kComponents);
    EXPECT_EQ(checked.code(), absl::StatusCode::kInvalidArgument) << fault.says;
    EXPECT_THAT(checked.message(), HasSubstr(fault.says));
    EXPECT_THAT(checked.message(), HasSubstr("stage 0 train slot 0 attempt 0"));
  }
}

TEST(CheckGroup, NamesEachPolicyOnce) {
  const Group group =
      MakeGroup({}, {MakeSample(0, 1, 1, PolicyNamed(2)), MakeSample(1, 1, 1, PolicyNamed(1)),
                     MakeSample(2, 1, 1, PolicyNamed(2))});
  EXPECT_THAT(PoliciesOf(group), ElementsAre(PolicyNamed(1), PolicyNamed(2)));
}

}  // namespace
}  // namespace gyre::coordinator
