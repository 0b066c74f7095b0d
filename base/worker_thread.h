#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <thread>

namespace gyre::base {

// A named thread that runs `body` once and is joined by its owner. The body returns soon after its
// stop token says so; the destructor requests the stop and joins, so what the body uses is declared
// before the WorkerThread. An exception that leaves the body ends the process. The name is what
// debuggers and top show, of which Linux keeps 15 characters.
class WorkerThread {
 public:
  WorkerThread(std::string name, std::function<void(std::stop_token)> body);
  ~WorkerThread();
  WorkerThread(const WorkerThread&) = delete;
  WorkerThread& operator=(const WorkerThread&) = delete;

  // Does not block; may be called from any thread, more than once.
  void RequestStop() { thread_.request_stop(); }
  // Blocks until the body has returned. For the owner only; may be called more than once, not from
  // the body.
  void Join();

  const std::string& name() const { return name_; }
  std::stop_token stop_token() const { return thread_.get_stop_token(); }

 private:
  const std::string name_;
  std::jthread thread_;
};

}  // namespace gyre::base
