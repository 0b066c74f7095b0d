// Learner ranks in processes of their own with real collectives, as they are in a run. They are
// forked before this process has any thread, so a test says what a rank does, and reads what it
// returned.
#pragma once

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "learner/gloo_collectives.h"
#include "learner/rank_store.h"

namespace gyre::learner {

// Forked ranks and a pipe from each to the test. Rank 0 writes the store's address to the others.
class ForkedRanks {
 public:
  // What a rank does; Output reads what it returns.
  using Body = std::function<std::string(std::unique_ptr<GlooCollectives>)>;

  ForkedRanks(int world_size, absl::Duration timeout, const Body& body) {
    std::vector<std::array<int, 2>> address_pipes(static_cast<size_t>(world_size));
    for (auto& ends : address_pipes) EXPECT_EQ(pipe(ends.data()), 0);
    for (int rank = 0; rank < world_size; ++rank) {
      int output[2];
      EXPECT_EQ(pipe(output), 0);
      const pid_t child = fork();
      if (child == 0) {
        close(output[0]);
        Run(rank, world_size, timeout, body, address_pipes, output[1]);
      }
      close(output[1]);
      children_.push_back(child);
      outputs_.push_back(output[0]);
    }
    for (auto& ends : address_pipes) {
      close(ends[0]);
      close(ends[1]);
    }
  }
  ~ForkedRanks() {
    for (const pid_t child : children_) {
      kill(child, SIGKILL);
      waitpid(child, nullptr, 0);
    }
    for (const int output : outputs_) close(output);
  }

  void Kill(int rank) { kill(children_[static_cast<size_t>(rank)], SIGKILL); }
  void Stop(int rank) { kill(children_[static_cast<size_t>(rank)], SIGSTOP); }

  // What the rank returned; blocks until it has ended.
  std::string Output(int rank) {
    std::string all;
    char buffer[4096];
    ssize_t got = 0;
    while ((got = read(outputs_[static_cast<size_t>(rank)], buffer, sizeof(buffer))) > 0) {
      all.append(buffer, static_cast<size_t>(got));
    }
    return all;
  }
  // For a rank: tells AwaitWord.
  static void Say() {
    if (write(word_output, "!", 1) != 1) _exit(6);
  }
  // Blocks until the rank has said so.
  void AwaitWord(int rank) {
    char byte = 0;
    EXPECT_EQ(read(outputs_[static_cast<size_t>(rank)], &byte, 1), 1);
  }

 private:
  [[noreturn]] static void Run(int rank, int world_size, absl::Duration timeout, const Body& body,
                               const std::vector<std::array<int, 2>>& address_pipes, int output) {
    word_output = output;
    std::unique_ptr<RankStore> store;
    if (rank == 0) {
      auto served = RankStore::Serve(timeout);
      if (!served.ok()) _exit(2);
      store = *std::move(served);
      const std::string line = store->address() + "\n";
      for (int other = 1; other < world_size; ++other) {
        if (write(address_pipes[static_cast<size_t>(other)][1], line.data(), line.size()) < 0) {
          _exit(3);
        }
      }
    } else {
      std::string address;
      char byte = 0;
      while (read(address_pipes[static_cast<size_t>(rank)][0], &byte, 1) == 1 && byte != '\n') {
        address += byte;
      }
      auto connected = RankStore::Connect(address, timeout);
      if (!connected.ok()) _exit(4);
      store = *std::move(connected);
    }
    auto collectives = GlooCollectives::Create(std::move(store), 1, rank, world_size, timeout);
    const std::string text = collectives.ok() ? body(*std::move(collectives))
                                              : std::string(collectives.status().message());
    if (write(output, text.data(), text.size()) < 0) _exit(5);
    _exit(0);
  }

  static inline int word_output = -1;  // in a rank
  std::vector<pid_t> children_;
  std::vector<int> outputs_;
};

}  // namespace gyre::learner
