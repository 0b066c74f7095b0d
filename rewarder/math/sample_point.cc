#include "rewarder/math/sample_point.h"

namespace gyre::rewarder::math {

uint64_t MixHash(uint64_t a, uint64_t b) {
  uint64_t x = a * 0x9e3779b97f4a7c15u + b + 0x7f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

uint64_t HashText(absl::string_view text) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : text) hash = MixHash(hash, static_cast<unsigned char>(c));
  return hash;
}

Rational SamplePoint::ValueOf(absl::string_view symbol) const {
  for (auto bound = bound_.rbegin(); bound != bound_.rend(); ++bound) {
    if (bound->first == symbol) return bound->second;
  }
  const uint64_t hash = MixHash(HashText(symbol), number_);
  if (counters_->count(std::string(symbol)) > 0)
    return Rational(static_cast<int64_t>(3 + hash % 40));
  return ValueOfHash(hash);
}

Rational SamplePoint::ValueOfHash(uint64_t hash) const {
  constexpr int64_t kDenominator = 8191;
  const uint64_t draw = MixHash(hash, number_ + 1);
  // Between 0.1 and 3: powers stay small, and functions with a narrow domain meet it now and then.
  auto numerator = static_cast<int64_t>(819 + draw % 23'753);
  if (number_ > 0 && (draw >> 40) % 2 == 0) numerator = -numerator;
  return Rational(numerator, kDenominator);
}

void CollectSymbols(const Node& node, std::set<std::string>* symbols) {
  if (node.kind == Kind::kSymbol || node.kind == Kind::kText) symbols->insert(node.name);
  if (node.kind == Kind::kApply) symbols->insert(node.name + "()");
  const bool binds = node.kind == Kind::kBinder;
  for (const Node* child : node.children) {
    std::set<std::string> below;
    CollectSymbols(*child, binds ? &below : symbols);
    if (!binds) continue;
    below.erase(node.children[0]->name);
    symbols->merge(below);
  }
}

void CollectCounters(const Node& node, bool counts, std::set<std::string>* counters) {
  if (node.kind == Kind::kSymbol && counts) {
    const char first = node.name[0];
    if (first == 'n' || first == 'm' || first == 'k' || first == 'N' || first == 'j') {
      counters->insert(node.name);
    }
  }
  const bool is_count =
      node.kind == Kind::kCall &&
      (node.name == "factorial" || node.name == "binomial" || node.name == "double_factorial");
  for (size_t i = 0; i < node.children.size(); ++i) {
    const bool is_exponent = node.kind == Kind::kPower && i == 1;
    CollectCounters(*node.children[i],
                    counts || is_exponent || is_count || node.kind == Kind::kBinder, counters);
  }
}

}  // namespace gyre::rewarder::math
