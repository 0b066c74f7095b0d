#include "rewarder/math/vocabulary.h"

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "rewarder/math/units.h"

namespace gyre::rewarder::math {
namespace {

const absl::flat_hash_map<absl::string_view, absl::string_view>& Functions() {
  static const auto& functions =
      *new absl::flat_hash_map<absl::string_view, absl::string_view>{{"sin", "sin"},
                                                                     {"cos", "cos"},
                                                                     {"tan", "tan"},
                                                                     {"cot", "cot"},
                                                                     {"sec", "sec"},
                                                                     {"csc", "csc"},
                                                                     {"cosec", "csc"},
                                                                     {"tg", "tan"},
                                                                     {"ctg", "cot"},
                                                                     {"cotg", "cot"},
                                                                     {"arcsin", "asin"},
                                                                     {"arccos", "acos"},
                                                                     {"arctan", "atan"},
                                                                     {"arctg", "atan"},
                                                                     {"arccot", "acot"},
                                                                     {"arcsec", "asec"},
                                                                     {"arccsc", "acsc"},
                                                                     {"asin", "asin"},
                                                                     {"acos", "acos"},
                                                                     {"atan", "atan"},
                                                                     {"sinh", "sinh"},
                                                                     {"cosh", "cosh"},
                                                                     {"tanh", "tanh"},
                                                                     {"coth", "coth"},
                                                                     {"arcsinh", "asinh"},
                                                                     {"arccosh", "acosh"},
                                                                     {"arctanh", "atanh"},
                                                                     {"arsinh", "asinh"},
                                                                     {"arcosh", "acosh"},
                                                                     {"artanh", "atanh"},
                                                                     {"asinh", "asinh"},
                                                                     {"acosh", "acosh"},
                                                                     {"atanh", "atanh"},
                                                                     {"sech", "sech"},
                                                                     {"csch", "csch"},
                                                                     {"sh", "sinh"},
                                                                     {"exp", "exp"},
                                                                     {"ln", "log"},
                                                                     {"log", "log"},
                                                                     {"lg", "lg"},
                                                                     {"sqrt", "sqrt"},
                                                                     {"cbrt", "cbrt"},
                                                                     {"abs", "abs"},
                                                                     {"floor", "floor"},
                                                                     {"ceil", "ceil"},
                                                                     {"ceiling", "ceil"},
                                                                     {"max", "max"},
                                                                     {"min", "min"},
                                                                     {"gcd", "gcd"},
                                                                     {"lcm", "lcm"},
                                                                     {"det", "det"},
                                                                     {"Re", "re"},
                                                                     {"Im", "im"},
                                                                     {"arg", "arg"},
                                                                     {"sgn", "sgn"},
                                                                     {"sign", "sgn"},
                                                                     {"mod", "mod"},
                                                                     {"factorial", "factorial"},
                                                                     {"binomial", "binomial"},
                                                                     {"Arcsin", "asin"},
                                                                     {"Arccos", "acos"},
                                                                     {"Arctan", "atan"},
                                                                     {"GCD", "gcd"},
                                                                     {"LCM", "lcm"},
                                                                     {"arcctg", "acot"},
                                                                     {"conj", "conj"}};
  return functions;
}

}  // namespace

absl::string_view FunctionNamed(absl::string_view word) {
  const auto found = Functions().find(word);
  return found == Functions().end() ? absl::string_view() : found->second;
}

bool IsSymbolName(absl::string_view word) {
  static const auto& names = *new absl::flat_hash_set<absl::string_view>{
      "alpha",   "beta",     "gamma",  "delta", "epsilon", "varepsilon", "zeta",  "eta",
      "theta",   "vartheta", "iota",   "kappa", "lambda",  "mu",         "nu",    "xi",
      "omicron", "rho",      "varrho", "sigma", "tau",     "upsilon",    "phi",   "varphi",
      "chi",     "psi",      "omega",  "Alpha", "Beta",    "Gamma",      "Delta", "Theta",
      "Lambda",  "Xi",       "Pi",     "Sigma", "Upsilon", "Phi",        "Psi",   "Omega",
      "ell",     "hbar",     "aleph",  "nabla", "partial", "imath",      "jmath", "zzz"};
  return names.contains(word);
}

char RelationNamed(absl::string_view command) {
  static const auto& signs = *new absl::flat_hash_map<absl::string_view, char>{
      {"lt", '<'},       {"gt", '>'},          {"le", 'l'},     {"leq", 'l'},
      {"leqslant", 'l'}, {"leqq", 'l'},        {"ge", 'g'},     {"geq", 'g'},
      {"geqslant", 'g'}, {"geqq", 'g'},        {"ne", '!'},     {"neq", '!'},
      {"approx", '~'},   {"sim", '~'},         {"simeq", '~'},  {"approxeq", '~'},
      {"in", 'i'},       {"equiv", '='},       {"doteq", '~'},  {"colonequals", '='},
      {"cong", '~'},     {"thickapprox", '~'}, {"lessgtr", '!'}};
  const auto found = signs.find(command);
  return found == signs.end() ? '\0' : found->second;
}

bool IsUnitWord(absl::string_view word) { return UnitNamed(word) != nullptr; }

}  // namespace gyre::rewarder::math
