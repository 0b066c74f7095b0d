#include "rpc/wait_board.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gyre::rpc {
namespace {

TEST(WaitBoard, ShowsEachWaitThatIsNotOverAndSinceWhen) {
  base::SimulatedClock clock;
  WaitBoard board(clock);
  EXPECT_TRUE(board.Present().empty());
  std::optional<NamedWait> policy(std::in_place, board, "policy", "policy 12");
  clock.Advance(absl::Seconds(3));
  NamedWait lease(board, "lease", "a lease");
  clock.Advance(absl::Seconds(2));
  lease.Rename("a lease of stage zero");
  const std::vector<Wait> both = board.Present();
  ASSERT_EQ(both.size(), 2u);
  EXPECT_EQ(both[0].what(), "policy 12");
  EXPECT_EQ(both[0].seconds(), 5);
  EXPECT_EQ(both[1].what(), "a lease of stage zero");
  EXPECT_EQ(both[1].seconds(), 2);
  policy.reset();
  ASSERT_EQ(board.Present().size(), 1u);
  EXPECT_EQ(board.Present()[0].what(), "a lease of stage zero");
}

TEST(WaitBoard, TellsItsListenerTheKindAndTheTimeOfAWaitThatIsOver) {
  base::SimulatedClock clock;
  std::vector<std::pair<std::string, absl::Duration>> heard;
  WaitBoard board(clock, [&](std::string_view kind, absl::Duration waited) {
    heard.emplace_back(kind, waited);
  });
  {
    const NamedWait wait(board, "lease", "a lease");
    clock.Advance(absl::Seconds(7));
    EXPECT_TRUE(heard.empty());
  }
  ASSERT_EQ(heard.size(), 1u);
  EXPECT_EQ(heard[0], std::make_pair(std::string("lease"), absl::Seconds(7)));
}

}  // namespace
}  // namespace gyre::rpc
