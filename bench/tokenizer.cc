// bench_tokenizer FOLDER SECONDS: how fast the tokenizer of FOLDER is on one thread. Stdin: a JSON
// string a line, the texts. Prints one JSON object: bytes, tokens, SHA-256 of all ids (int32,
// little-endian), seconds to load, MB/s to encode and to decode, the best of the rounds that fit
// into SECONDS each. bench/tokenizer.py runs it.
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <functional>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/digest.h"
#include "text/load_tokenizer.h"

namespace {

using nlohmann::json;

// Of processor time, so that other work on the machine does not count.
double SecondsOf(const std::function<void()>& work) {
  const std::clock_t begin = std::clock();
  work();
  return static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
}

double BestSeconds(double budget, const std::function<void()>& work) {
  double best = SecondsOf(work), spent = best;
  while (spent < budget) {
    const double seconds = SecondsOf(work);
    best = std::min(best, seconds);
    spent += seconds;
  }
  return best;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: bench_tokenizer FOLDER SECONDS\n", stderr);
    return 2;
  }
  absl::StatusOr<std::unique_ptr<gyre::text::Tokenizer>> tokenizer =
      absl::UnknownError("not loaded");
  const double load_seconds = SecondsOf([&] { tokenizer = gyre::text::LoadTokenizer(argv[1]); });
  if (!tokenizer.ok()) {
    std::fprintf(stderr, "%s\n", std::string(tokenizer.status().message()).c_str());
    return 1;
  }
  std::vector<std::string> texts;
  for (std::string line; std::getline(std::cin, line);) {
    texts.push_back(json::parse(line).get<std::string>());
  }
  const double budget = std::stod(argv[2]);
  std::vector<std::vector<int32_t>> ids(texts.size());
  const double encode_seconds = BestSeconds(budget, [&] {
    for (size_t i = 0; i < texts.size(); ++i) ids[i] = *(*tokenizer)->Encode(texts[i]);
  });
  size_t decoded_bytes = 0;
  const double decode_seconds = BestSeconds(budget, [&] {
    decoded_bytes = 0;
    for (const std::vector<int32_t>& text_ids : ids) {
      decoded_bytes += (*tokenizer)->Decode(text_ids).size();
    }
  });
  size_t bytes = 0, tokens = 0;
  gyre::base::Sha256 digest;
  for (size_t i = 0; i < texts.size(); ++i) {
    bytes += texts[i].size();
    tokens += ids[i].size();
    digest.Update(ids[i].data(), ids[i].size() * sizeof(int32_t));
  }
  const json result = {
      {"bytes", bytes},
      {"tokens", tokens},
      {"ids_sha256", digest.Finish().ToHex()},
      {"load_seconds", load_seconds},
      {"encode_mb_per_second", static_cast<double>(bytes) / encode_seconds / 1e6},
      {"decode_mb_per_second", static_cast<double>(decoded_bytes) / decode_seconds / 1e6}};
  std::printf("%s\n", result.dump().c_str());
  return 0;
}
