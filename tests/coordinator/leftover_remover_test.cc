#include "coordinator/leftover_remover.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "tests/base/temporary_folder.h"

namespace gyre::coordinator {
namespace {

// Tells when a removal comes to it, which is after those that were asked for before.
class WatchedGroupStore final : public GroupStore {
 public:
  bool AwaitRemoval() {
    base::MutexLock lock(mutex_);
    return changed_.WaitUntil(mutex_, absl::Now() + absl::Seconds(60), [&] {
      mutex_.AssertHeld();
      return removed_;
    });
  }
  absl::StatusOr<PayloadPlace> Append(uint32_t, uint32_t, std::string_view) override {
    return PayloadPlace();
  }
  absl::Status Sync() override { return absl::OkStatus(); }
  absl::StatusOr<std::string> Read(const PayloadPlace&) const override { return ""; }
  absl::Status Remove(uint32_t, uint32_t) override {
    base::MutexLock lock(mutex_);
    removed_ = true;
    changed_.NotifyAll();
    return absl::OkStatus();
  }

 private:
  base::Mutex mutex_;
  base::CondVar changed_;
  bool removed_ ABSL_GUARDED_BY(mutex_) = false;
};

TEST(LeftoverRemover, RemovesAFolderWithAllThatIsInIt) {
  base::TemporaryFolder run_dir;
  const std::string folder = run_dir / "checkpoints/step-1";
  ASSERT_EQ(base::CreateFolders(folder + "/shards"), absl::OkStatus());
  ASSERT_EQ(base::WriteFileAtomically(folder + "/shards/a", "weights"), absl::OkStatus());
  ASSERT_EQ(base::CreateFolders(run_dir / "checkpoints/step-2"), absl::OkStatus());
  WatchedGroupStore payloads;
  LeftoverRemover remover(payloads, run_dir.path());
  remover.RemoveFolder("checkpoints/step-1");
  remover.RemoveFolder("checkpoints/step-0");  // is not there
  remover.RemovePayloads(0, 0);
  ASSERT_TRUE(payloads.AwaitRemoval());
  EXPECT_FALSE(base::Exists(folder));
  EXPECT_TRUE(base::Exists(run_dir / "checkpoints/step-2"));
}

}  // namespace
}  // namespace gyre::coordinator
