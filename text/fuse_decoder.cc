#include "text/fuse_decoder.h"

namespace gyre::text {

void FuseDecoder::AppendBytes(std::string_view token, std::string* bytes) const {
  bytes->append(token);
}

}  // namespace gyre::text
