#pragma once

#include "rewarder/math/preset.h"
#include "rewarder/math/value_equality.h"

namespace gyre::rewarder::math {

// Compares an answer with the reference, kind by kind; what a preset lets count as the same is
// asked of it alone. One comparison: make a new object for the next.
class Comparison {
 public:
  Comparison(const Preset& preset, NodeStore& store, Budget& budget)
      : preset_(preset), store_(store), budget_(budget) {}

  Finding Compare(const Node& gold, const Node& answer);

 private:
  // comparison.cc: relations, and which kind of thing it is
  Finding CompareStatements(const Node& gold, const Node& answer);
  Finding CompareAssignments(const Node* gold_name, const Node& gold, const Node* answer_name,
                             const Node& answer);
  Finding CompareInequalities(const Node& gold, const Node& answer);
  Finding CompareAsEquations(const Node& gold, const Node& answer);
  Finding CompareThings(const Node& gold, const Node& answer);
  Finding CompareTexts(const Node& gold, const Node& answer);

  // comparison_value.cc: values with what stands behind them
  Finding CompareMeasured(const Node& gold, const Node& answer);
  Finding ComparePlainValues(const Node& gold, const Node& answer);
  Finding CompareUnits(const Node& gold, const Node& answer);
  Finding CompareRatios(const Node& gold, const Node& answer);
  bool AgreeWhenRounded(const Node& gold, const Node& answer);
  bool DiffersByUnitLetter(const Node& gold, const Node& answer, const Node** without);

  // comparison_collection.cc: lists, tuples, sets, matrices
  Finding CompareLists(const Node& gold, const Node& answer);
  Finding CompareListWithBrackets(const Node& list, const Node& brackets, bool list_is_gold);
  Finding CompareBrackets(const Node& gold, const Node& answer);
  Finding CompareSets(const Node& gold, const Node& answer);
  Finding CompareMatrices(const Node& gold, const Node& answer);
  Finding CompareInOrder(const Nodes& gold, const Nodes& answer);
  Finding CompareInAnyOrder(const Nodes& gold, const Nodes& answer);
  Nodes Distinct(const Nodes& items);
  Finding CompareAsSets(const Node& gold, const Node& answer);

  const Preset& preset_;
  NodeStore& store_;
  Budget& budget_;
  int depth_ = 0;
};

// Whether the node is a value: arithmetic, no collection and no words.
bool IsValue(const Node& node);

inline constexpr Finding kOfDifferentKinds = {Sameness::kDifferent, "different kinds"};
inline constexpr Finding kNobodyCanTell = {Sameness::kUnknown, "cannot tell"};

}  // namespace gyre::rewarder::math
