// The only file that includes c10d and Gloo: their headers are slow to compile.
#include "learner/gloo_collectives.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <exception>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/functional/function_ref.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/status_macros.h"
// After the system's and Abseil's headers.
#include <ATen/ops/from_blob.h>

#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

namespace gyre::learner {
namespace {

constexpr char kLoopback[] = "127.0.0.1";

std::chrono::milliseconds Milliseconds(absl::Duration duration) {
  return absl::ToChronoMilliseconds(duration);
}

// c10 and Gloo report by exceptions, which go no further than this.
absl::Status Guard(const char* what, absl::FunctionRef<void()> body) {
  std::string text;
  try {
    body();
    return absl::OkStatus();
  } catch (const c10::Error& error) {
    text = error.what_without_backtrace();
  } catch (const std::exception& error) {
    text = error.what();
  }
  // The first line says it; the rest is a stack.
  const std::string line = text.substr(0, text.find('\n'));
  return absl::UnavailableError(absl::StrCat(what, ": ", line));
}

// A listening socket of our own, since TCPStore's would take connections from other machines.
absl::StatusOr<std::pair<int, uint16_t>> ListenOnLoopback() {
  const auto error = [](const char* what) {
    return absl::UnavailableError(absl::StrCat("the ranks' store: cannot ", what, " on loopback: ",
                                               std::generic_category().message(errno)));
  };
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (listener < 0) return error("open a socket");
  absl::Cleanup close_listener = [listener] { close(listener); };
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  if (bind(listener, reinterpret_cast<sockaddr*>(&address), size) != 0) return error("bind");
  if (listen(listener, SOMAXCONN) != 0) return error("listen");
  if (getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    return error("find the port");
  }
  std::move(close_listener).Cancel();
  return std::make_pair(listener, ntohs(address.sin_port));
}

}  // namespace

struct RankStore::Handle {
  c10::intrusive_ptr<c10d::TCPStore> store;
};

RankStore::RankStore(std::string address, std::unique_ptr<Handle> handle)
    : address_(std::move(address)), handle_(std::move(handle)) {}
RankStore::~RankStore() = default;

absl::StatusOr<std::unique_ptr<RankStore>> RankStore::Serve(absl::Duration timeout) {
  GYRE_ASSIGN_OR_RETURN(const auto listener, ListenOnLoopback());
  c10d::TCPStoreOptions options;
  options.isServer = true;
  options.waitWorkers = false;
  options.timeout = Milliseconds(timeout);
  options.masterListenFd = listener.first;  // the store's own from here on
  options.port = listener.second;
  auto handle = std::make_unique<Handle>();
  GYRE_RETURN_IF_ERROR(Guard("the ranks' store", [&] {
    handle->store = c10::make_intrusive<c10d::TCPStore>(kLoopback, options);
  }));
  return std::unique_ptr<RankStore>(
      new RankStore(absl::StrCat(kLoopback, ":", listener.second), std::move(handle)));
}

absl::StatusOr<std::unique_ptr<RankStore>> RankStore::Connect(const std::string& address,
                                                              absl::Duration timeout) {
  const std::pair<std::string, std::string> parts =
      absl::StrSplit(address, absl::MaxSplits(':', 1));
  uint32_t port = 0;
  if (!absl::SimpleAtoi(parts.second, &port) || port == 0 || port > 65535) {
    return absl::UnavailableError(
        absl::StrCat("the ranks' store: \"", address, "\" is not HOST:PORT"));
  }
  c10d::TCPStoreOptions options;
  options.waitWorkers = false;
  options.timeout = Milliseconds(timeout);
  options.port = static_cast<uint16_t>(port);
  auto handle = std::make_unique<Handle>();
  const std::string what = absl::StrCat("the ranks' store at ", address);
  GYRE_RETURN_IF_ERROR(Guard(what.c_str(), [&] {
    handle->store = c10::make_intrusive<c10d::TCPStore>(parts.first, options);
  }));
  return std::unique_ptr<RankStore>(new RankStore(address, std::move(handle)));
}

struct GlooCollectives::Group {
  c10::intrusive_ptr<c10d::ProcessGroupGloo> gloo;

  template <typename T>
  absl::Status AllReduce(absl::Span<T> values, c10d::ReduceOp::RedOpType operation) {
    return Guard("all-reduce", [&] {
      std::vector<at::Tensor> tensors = {
          at::from_blob(values.data(), {static_cast<int64_t>(values.size())},
                        at::TensorOptions().dtype(c10::CppTypeToScalarType<T>::value))};
      c10d::AllreduceOptions options;
      options.reduceOp = operation;
      gloo->allreduce(tensors, options)->wait();
    });
  }
};

GlooCollectives::GlooCollectives(std::unique_ptr<RankStore> store, std::unique_ptr<Group> group,
                                 int rank, int world_size)
    : store_(std::move(store)), group_(std::move(group)), rank_(rank), world_size_(world_size) {}

GlooCollectives::~GlooCollectives() = default;

absl::StatusOr<std::unique_ptr<GlooCollectives>> GlooCollectives::Create(
    std::unique_ptr<RankStore> store, uint32_t attempt, int rank, int world_size,
    absl::Duration timeout) {
  auto group = std::make_unique<Group>();
  GYRE_RETURN_IF_ERROR(Guard("forming the ranks", [&] {
    auto options = c10d::ProcessGroupGloo::Options::create(Milliseconds(timeout));
    options->devices.push_back(c10d::ProcessGroupGloo::createDeviceForHostname(kLoopback));
    auto prefixed = c10::make_intrusive<c10d::PrefixStore>(absl::StrCat("attempt-", attempt),
                                                           store->handle_->store);
    group->gloo = c10::make_intrusive<c10d::ProcessGroupGloo>(prefixed, rank, world_size, options);
  }));
  return std::unique_ptr<GlooCollectives>(
      new GlooCollectives(std::move(store), std::move(group), rank, world_size));
}

absl::Status GlooCollectives::AllReduceSum(absl::Span<float> values) {
  return group_->AllReduce(values, c10d::ReduceOp::SUM);
}

absl::Status GlooCollectives::AllReduceSum(absl::Span<double> values) {
  return group_->AllReduce(values, c10d::ReduceOp::SUM);
}

absl::Status GlooCollectives::AllReduceMax(absl::Span<double> values) {
  return group_->AllReduce(values, c10d::ReduceOp::MAX);
}

}  // namespace gyre::learner
