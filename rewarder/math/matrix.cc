#include "rewarder/math/matrix.h"

#include <utility>

namespace gyre::rewarder::math {
namespace {

constexpr int kMaximumPower = 8;
constexpr int kMaximumMatrixDepth = 12;
constexpr size_t kMaximumDeterminant = 4;

class MatrixReader {
 public:
  explicit MatrixReader(NodeStore& store) : store_(store) {}

  // A node without matrices is its own value.
  const Node* Of(const Node* node, int depth) {
    if (depth > kMaximumMatrixDepth || store_.is_full()) return nullptr;
    if (node->kind == Kind::kMatrix || !Contains(*node, Kind::kMatrix)) return node;
    Nodes parts;
    for (const Node* child : node->children) {
      parts.push_back(Of(child, depth + 1));
      if (parts.back() == nullptr) return nullptr;
    }
    switch (node->kind) {
      case Kind::kAdd:
      case Kind::kMultiply: {
        const Node* total = parts[0];
        for (size_t i = 1; total != nullptr && i < parts.size(); ++i) {
          total = node->kind == Kind::kAdd ? Sum(total, parts[i]) : Product(total, parts[i]);
        }
        return total;
      }
      case Kind::kNegate:
        return Scaled(parts[0], store_.AddNumber(Rational(-1)));
      case Kind::kDivide:
        if (parts[1]->kind == Kind::kMatrix) return nullptr;
        return Scaled(parts[0],
                      store_.Add(Kind::kDivide, {store_.AddNumber(Rational(1)), parts[1]}));
      case Kind::kPower:
        return Power(parts[0], *parts[1]);
      case Kind::kCall:
        return node->name == "det" && parts[0]->kind == Kind::kMatrix ? Determinant(*parts[0])
                                                                      : nullptr;
      default:
        return nullptr;
    }
  }

 private:
  static size_t Columns(const Node& matrix) {
    return matrix.children.size() / static_cast<size_t>(matrix.rows);
  }
  const Node* Matrix(Nodes entries, int32_t rows) {
    Node* matrix = store_.Add(Kind::kMatrix, std::move(entries));
    matrix->rows = rows;
    return matrix;
  }

  const Node* Sum(const Node* a, const Node* b) {
    const bool fit = a->kind == Kind::kMatrix && b->kind == Kind::kMatrix && a->rows == b->rows &&
                     a->children.size() == b->children.size();
    if (!fit) return nullptr;
    Nodes entries;
    for (size_t i = 0; i < a->children.size(); ++i) {
      entries.push_back(store_.Add(Kind::kAdd, {a->children[i], b->children[i]}));
    }
    return Matrix(std::move(entries), a->rows);
  }

  const Node* Scaled(const Node* matrix, const Node* by) {
    Nodes entries;
    for (const Node* entry : matrix->children)
      entries.push_back(store_.Add(Kind::kMultiply, {by, entry}));
    return Matrix(std::move(entries), matrix->rows);
  }

  const Node* Product(const Node* a, const Node* b) {
    const bool a_is = a->kind == Kind::kMatrix, b_is = b->kind == Kind::kMatrix;
    if (!a_is && !b_is) return store_.Add(Kind::kMultiply, {a, b});
    if (!a_is) return Scaled(b, a);
    if (!b_is) return Scaled(a, b);
    const size_t inner = Columns(*a), columns = Columns(*b);
    if (inner != static_cast<size_t>(b->rows)) return nullptr;
    Nodes entries;
    for (size_t i = 0; i < static_cast<size_t>(a->rows); ++i) {
      for (size_t j = 0; j < columns && !store_.is_full(); ++j) {
        Nodes terms;
        for (size_t k = 0; k < inner; ++k) {
          terms.push_back(store_.Add(Kind::kMultiply,
                                     {a->children[i * inner + k], b->children[k * columns + j]}));
        }
        entries.push_back(store_.Add(Kind::kAdd, std::move(terms)));
      }
    }
    return store_.is_full() ? nullptr : Matrix(std::move(entries), a->rows);
  }

  const Node* Power(const Node* matrix, const Node& exponent) {
    const bool is_transpose = exponent.kind == Kind::kSymbol && exponent.name == "T";
    if (matrix->kind != Kind::kMatrix) return nullptr;
    if (is_transpose) {
      const size_t columns = Columns(*matrix);
      Nodes entries;
      for (size_t j = 0; j < columns; ++j) {
        for (size_t i = 0; i < static_cast<size_t>(matrix->rows); ++i) {
          entries.push_back(matrix->children[i * columns + j]);
        }
      }
      return Matrix(std::move(entries), static_cast<int32_t>(columns));
    }
    if (exponent.kind != Kind::kNumber || !exponent.number.IsIntegerWithin(1, kMaximumPower))
      return nullptr;
    const Node* power = matrix;
    for (int64_t i = 1; power != nullptr && i < exponent.number.ToInteger(); ++i)
      power = Product(power, matrix);
    return power;
  }

  const Node* Determinant(const Node& matrix) {
    const size_t size = Columns(matrix);
    if (size != static_cast<size_t>(matrix.rows) || size > kMaximumDeterminant) return nullptr;
    return Minor(matrix.children, size);
  }

  // Along the first row.
  const Node* Minor(const Nodes& entries, size_t size) {
    if (size == 1) return entries[0];
    Nodes terms;
    for (size_t column = 0; column < size; ++column) {
      Nodes rest;
      for (size_t i = size; i < size * size; ++i) {
        if (i % size != column) rest.push_back(entries[i]);
      }
      const Node* term = store_.Add(Kind::kMultiply, {entries[column], Minor(rest, size - 1)});
      terms.push_back(column % 2 == 0 ? term : store_.Add(Kind::kNegate, {term}));
    }
    return store_.Add(Kind::kAdd, std::move(terms));
  }

  NodeStore& store_;
};

}  // namespace

const Node* MatrixValue(const Node* node, NodeStore& store) {
  return MatrixReader(store).Of(node, 0);
}

bool IsVector(const Node& node) {
  return node.kind == Kind::kMatrix &&
         (node.rows == 1 || static_cast<size_t>(node.rows) == node.children.size());
}

}  // namespace gyre::rewarder::math
