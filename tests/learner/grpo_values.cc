// For grpo_oracle_test.py: reads cases from standard input, writes what learner/ makes of them.
//   advantages STD EPSILON N TOTAL*N            → N advantages
//   loss CLIP_LOW CLIP_HIGH BETA LOGP BEHAVIOUR ADVANTAGE REFERENCE
//                                               → loss, derivative, kl, clipped low, clipped high
#include <cstdio>
#include <iostream>
#include <string>
#include <vector>

#include "learner/advantage.h"
#include "learner/grpo_loss.h"

namespace gyre::learner {
namespace {

void Advantages() {
  std::string name;
  double epsilon = 0;
  size_t count = 0;
  std::cin >> name >> epsilon >> count;
  std::vector<double> totals(count);
  for (double& total : totals) std::cin >> total;
  GrpoSpec::Std std = GrpoSpec::POPULATION;
  GrpoSpec::Std_Parse(name, &std);
  for (const double advantage : GroupAdvantages(totals, std, epsilon))
    std::printf("%.17g ", advantage);
  std::printf("\n");
}

void Loss() {
  float clip_low = 0;
  float clip_high = 0;
  float beta = 0;
  double log_prob = 0;
  double behaviour = 0;
  double advantage = 0;
  double reference = 0;
  std::cin >> clip_low >> clip_high >> beta >> log_prob >> behaviour >> advantage >> reference;
  GrpoSpec spec;
  spec.set_clip_low(clip_low);
  spec.set_clip_high(clip_high);
  spec.set_kl_coefficient(beta);
  const GrpoTokenLoss token = GrpoLoss(spec).Token(log_prob, behaviour, advantage, reference);
  std::printf("%.17g %.17g %.17g %d %d\n", token.loss, token.derivative, token.kl,
              token.clipped_low ? 1 : 0, token.clipped_high ? 1 : 0);
}

}  // namespace
}  // namespace gyre::learner

int main() {
  std::string what;
  while (std::cin >> what) {
    if (what == "advantages") gyre::learner::Advantages();
    if (what == "loss") gyre::learner::Loss();
  }
  return 0;
}
