// gyre.PolicyService (proto/policy_service.proto) over a shelf. Handlers run on the
// server's threads and hold a snapshot as long as they send it; they block on the receiver only,
// and a broken connection or the server's stop ends them.
#pragma once

#include "learner/policy_shelf.h"
#include "proto/policy_service.grpc.pb.h"

namespace gyre::learner {

class PolicyServer final : public PolicyService::Service {
 public:
  // The shelf is borrowed and may change meanwhile.
  explicit PolicyServer(const PolicyShelf& shelf) : shelf_(shelf) {}

  grpc::Status Fetch(grpc::ServerContext* context, const FetchRequest* request,
                     grpc::ServerWriter<FetchReply>* writer) override;
  grpc::Status FetchTokenizer(grpc::ServerContext* context, const FetchTokenizerRequest* request,
                              grpc::ServerWriter<TokenizerFile>* writer) override;

 private:
  const PolicyShelf& shelf_;
};

}  // namespace gyre::learner
