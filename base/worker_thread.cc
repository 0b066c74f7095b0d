#include "base/worker_thread.h"

#include <pthread.h>

#include <utility>

namespace gyre::base {

WorkerThread::WorkerThread(std::string name, std::function<void(std::stop_token)> body)
    : name_(std::move(name)),
      thread_([short_name = name_.substr(0, 15), body = std::move(body)](std::stop_token stop) {
        pthread_setname_np(pthread_self(), short_name.c_str());
        body(std::move(stop));
      }) {}

WorkerThread::~WorkerThread() {
  RequestStop();
  Join();
}

void WorkerThread::Join() {
  if (thread_.joinable()) thread_.join();
}

}  // namespace gyre::base
