#include "text/byte_alphabet.h"

#include <array>

#include "text/utf8.h"

namespace gyre::text {
namespace {

constexpr int kNumBytes = 256;
constexpr int kFirstStandIn = 0x100;
constexpr int kNumStandIns = 68;
constexpr int kNoByte = -1;

constexpr bool StandsForItself(int byte) {
  return (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
}

constexpr std::array<char32_t, kNumBytes> MakeCharacters() {
  std::array<char32_t, kNumBytes> characters = {};
  char32_t stand_in = kFirstStandIn;
  for (int byte = 0; byte < kNumBytes; ++byte) {
    characters[byte] = StandsForItself(byte) ? static_cast<char32_t>(byte) : stand_in++;
  }
  return characters;
}

constexpr std::array<char32_t, kNumBytes> kCharacters = MakeCharacters();

constexpr std::array<int16_t, kFirstStandIn + kNumStandIns> MakeBytes() {
  std::array<int16_t, kFirstStandIn + kNumStandIns> bytes = {};
  for (int16_t& byte : bytes) byte = kNoByte;
  for (int byte = 0; byte < kNumBytes; ++byte) {
    bytes[kCharacters[byte]] = static_cast<int16_t>(byte);
  }
  return bytes;
}

constexpr std::array<int16_t, kFirstStandIn + kNumStandIns> kBytes = MakeBytes();

}  // namespace

std::optional<std::string> BytesOfWritten(std::string_view written) {
  std::string bytes;
  bytes.reserve(written.size());
  for (size_t at = 0; at < written.size();) {
    const Utf8Character character = Utf8CharacterAt(written, at);
    if (character.value >= kBytes.size() || kBytes[character.value] == kNoByte) return std::nullopt;
    bytes.push_back(static_cast<char>(kBytes[character.value]));
    at += character.size;
  }
  return bytes;
}

std::string WrittenBytes(std::string_view bytes) {
  std::string written;
  written.reserve(2 * bytes.size());
  for (char byte : bytes) AppendUtf8(kCharacters[static_cast<unsigned char>(byte)], &written);
  return written;
}

}  // namespace gyre::text
