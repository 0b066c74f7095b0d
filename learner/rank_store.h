// The key-value store by which ranks find each other: rank 0 serves it, on a port that the system
// chooses, on loopback only; the others connect. It lives as long as the collectives that were made
// over it. For one thread.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace gyre::learner {

class RankStore {
 public:
  // `timeout` is how long any call on the store may wait. UNAVAILABLE: the system gives no port.
  static absl::StatusOr<std::unique_ptr<RankStore>> Serve(absl::Duration timeout);
  // Blocks until connected, at most `timeout`. UNAVAILABLE: nobody serves there.
  static absl::StatusOr<std::unique_ptr<RankStore>> Connect(const std::string& address,
                                                            absl::Duration timeout);
  ~RankStore();
  RankStore(const RankStore&) = delete;
  RankStore& operator=(const RankStore&) = delete;

  // "127.0.0.1:PORT"
  const std::string& address() const { return address_; }

 private:
  friend class GlooCollectives;
  struct Handle;
  RankStore(std::string address, std::unique_ptr<Handle> handle);

  std::string address_;
  std::unique_ptr<Handle> handle_;
};

}  // namespace gyre::learner
