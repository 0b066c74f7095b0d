#include "rewarder/role_main.h"
#include "rewarder/rule_set.h"

int main(int argc, char** argv) {
  return gyre::rewarder::RunRewarder(argc, argv, gyre::rewarder::MakeRules());
}
