#include "rpc/status_codec.h"

#include <cstddef>
#include <string>

namespace gyre::rpc {
namespace {
constexpr std::size_t kMaxTextBytes = 2000;
}  // namespace

grpc::Status ToGrpc(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  std::string message(status.message());
  if (message.size() > kMaxTextBytes) {
    std::size_t end = kMaxTextBytes;
    // Not within a UTF-8 character: those bytes begin with the bits 10.
    while (end > 0 && (static_cast<unsigned char>(message[end]) & 0xC0) == 0x80) --end;
    message.resize(end);
    message += " ... (cut)";
  }
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), message);
}

absl::Status FromGrpc(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  auto code = static_cast<absl::StatusCode>(status.error_code());
  if (status.error_code() < grpc::StatusCode::CANCELLED ||
      status.error_code() > grpc::StatusCode::UNAUTHENTICATED) {
    code = absl::StatusCode::kUnknown;
  }
  return absl::Status(code, status.error_message());
}

}  // namespace gyre::rpc
