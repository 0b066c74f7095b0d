#pragma once

#include <cstdint>
#include <string_view>

namespace gyre::coordinator {

// CRC-32C (Castagnoli; RFC 3720, appendix B.4: 32 zero bytes give 0x8A9136AA).
uint32_t Crc32c(std::string_view bytes);

}  // namespace gyre::coordinator
