#include "rewarder/math/unicode_signs.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

namespace gyre::rewarder::math {
namespace {

struct Sign {
  char32_t character;
  absl::string_view latex;
};

// In order of the characters.
constexpr Sign kSigns[] = {
    {U'\u00a0', " "},
    {U'\u00a2', "\\currency{cent} "},
    {U'\u00a3', "\\currency{pound} "},
    {U'\u00a5', "\\currency{yen} "},
    {U'\u00ac', "\\neg "},
    {U'\u00ad', ""},
    {U'\u00b0', "^\\circ "},
    {U'\u00b1', "\\pm "},
    {U'\u00b4', "'"},
    {U'\u00b5', "\\mu "},
    {U'\u00b7', "\\cdot "},
    {U'\u00bc', "\\frac{1}{4}"},
    {U'\u00bd', "\\frac{1}{2}"},
    {U'\u00be', "\\frac{3}{4}"},
    {U'\u00d7', "\\times "},
    {U'\u00f7', "\\div "},
    {U'\u0391', "\\Alpha "},
    {U'\u0392', "\\Beta "},
    {U'\u0393', "\\Gamma "},
    {U'\u0394', "\\Delta "},
    {U'\u0398', "\\Theta "},
    {U'\u039b', "\\Lambda "},
    {U'\u039e', "\\Xi "},
    {U'\u03a0', "\\Pi "},
    {U'\u03a3', "\\Sigma "},
    {U'\u03a6', "\\Phi "},
    {U'\u03a8', "\\Psi "},
    {U'\u03a9', "\\Omega "},
    {U'\u03b1', "\\alpha "},
    {U'\u03b2', "\\beta "},
    {U'\u03b3', "\\gamma "},
    {U'\u03b4', "\\delta "},
    {U'\u03b5', "\\epsilon "},
    {U'\u03b6', "\\zeta "},
    {U'\u03b7', "\\eta "},
    {U'\u03b8', "\\theta "},
    {U'\u03b9', "\\iota "},
    {U'\u03ba', "\\kappa "},
    {U'\u03bb', "\\lambda "},
    {U'\u03bc', "\\mu "},
    {U'\u03bd', "\\nu "},
    {U'\u03be', "\\xi "},
    {U'\u03c0', "\\pi "},
    {U'\u03c1', "\\rho "},
    {U'\u03c3', "\\sigma "},
    {U'\u03c4', "\\tau "},
    {U'\u03c5', "\\upsilon "},
    {U'\u03c6', "\\phi "},
    {U'\u03c7', "\\chi "},
    {U'\u03c8', "\\psi "},
    {U'\u03c9', "\\omega "},
    {U'\u03d5', "\\phi "},
    {U'\u2000', " "},
    {U'\u2001', " "},
    {U'\u2002', " "},
    {U'\u2003', " "},
    {U'\u2004', " "},
    {U'\u2005', " "},
    {U'\u2006', " "},
    {U'\u2007', " "},
    {U'\u2008', " "},
    {U'\u2009', " "},
    {U'\u200a', " "},
    {U'\u200b', ""},
    {U'\u200c', ""},
    {U'\u200d', ""},
    {U'\u200e', ""},
    {U'\u200f', ""},
    {U'\u2010', "-"},
    {U'\u2011', "-"},
    {U'\u2012', "-"},
    {U'\u2013', "-"},
    {U'\u2014', "-"},
    {U'\u2018', "'"},
    {U'\u2019', "'"},
    {U'\u201c', "\""},
    {U'\u201d', "\""},
    {U'\u2026', "\\ldots "},
    {U'\u202f', " "},
    {U'\u2032', "'"},
    {U'\u2033', "''"},
    {U'\u2044', "/"},
    {U'\u205f', " "},
    {U'\u2060', ""},
    {U'\u2061', ""},
    {U'\u2062', ""},
    {U'\u2063', ""},
    {U'\u20ac', "\\currency{euro} "},
    {U'\u2102', "\\mathbb{C}"},
    {U'\u2107', "e"},
    {U'\u2115', "\\mathbb{N}"},
    {U'\u211a', "\\mathbb{Q}"},
    {U'\u211d', "\\mathbb{R}"},
    {U'\u2124', "\\mathbb{Z}"},
    {U'\u2126', "\\Omega "},
    {U'\u212f', "e"},
    {U'\u2147', "e"},
    {U'\u2148', "i"},
    {U'\u2150', "\\frac{1}{7}"},
    {U'\u2151', "\\frac{1}{9}"},
    {U'\u2152', "\\frac{1}{10}"},
    {U'\u2153', "\\frac{1}{3}"},
    {U'\u2154', "\\frac{2}{3}"},
    {U'\u2155', "\\frac{1}{5}"},
    {U'\u2156', "\\frac{2}{5}"},
    {U'\u2157', "\\frac{3}{5}"},
    {U'\u2158', "\\frac{4}{5}"},
    {U'\u2159', "\\frac{1}{6}"},
    {U'\u215a', "\\frac{5}{6}"},
    {U'\u215b', "\\frac{1}{8}"},
    {U'\u215c', "\\frac{3}{8}"},
    {U'\u215d', "\\frac{5}{8}"},
    {U'\u215e', "\\frac{7}{8}"},
    {U'\u2190', "\\gets "},
    {U'\u2192', "\\to "},
    {U'\u21d2', "\\Rightarrow "},
    {U'\u2200', "\\forall "},
    {U'\u2203', "\\exists "},
    {U'\u2205', "\\emptyset "},
    {U'\u2208', "\\in "},
    {U'\u2209', "\\notin "},
    {U'\u2211', "\\sum "},
    {U'\u220f', "\\prod "},
    {U'\u2212', "-"},
    {U'\u2213', "\\mp "},
    {U'\u2215', "/"},
    {U'\u2216', "\\setminus "},
    {U'\u2217', "*"},
    {U'\u2219', "\\cdot "},
    {U'\u221a', "\\sqrt "},
    {U'\u221b', "\\sqrt[3]"},
    {U'\u221c', "\\sqrt[4]"},
    {U'\u221e', "\\infty "},
    {U'\u2220', "\\angle "},
    {U'\u2223', "|"},
    {U'\u2227', "\\land "},
    {U'\u2228', "\\lor "},
    {U'\u2229', "\\cap "},
    {U'\u222a', "\\cup "},
    {U'\u222b', "\\int "},
    {U'\u2234', "\\therefore "},
    {U'\u2236', ":"},
    {U'\u2248', "\\approx "},
    {U'\u2260', "\\ne "},
    {U'\u2264', "\\le "},
    {U'\u2265', "\\ge "},
    {U'\u2266', "\\le "},
    {U'\u2267', "\\ge "},
    {U'\u2282', "\\subset "},
    {U'\u22c5', "\\cdot "},
    {U'\u22ef', "\\ldots "},
    {U'\u2308', "\\lceil "},
    {U'\u2309', "\\rceil "},
    {U'\u230a', "\\lfloor "},
    {U'\u230b', "\\rfloor "},
    {U'\u2329', "\\langle "},
    {U'\u232a', "\\rangle "},
    {U'\u25a1', ""},
    {U'\u25e6', "^\\circ "},
    {U'\u27e8', "\\langle "},
    {U'\u27e9', "\\rangle "},
    {U'\u2a7d', "\\le "},
    {U'\u2a7e', "\\ge "},
    {U'\u3000', " "},
    {U'\u3001', ","},
    {U'\u3002', "."},
    {U'\ufeff', ""},
    {U'\uffe5', "\\currency{yen} "},
};

constexpr std::pair<char32_t, char> kSuperscripts[] = {
    {U'\u00b2', '2'}, {U'\u00b3', '3'}, {U'\u00b9', '1'}, {U'\u02e3', 'x'}, {U'\u1d4f', 'k'},
    {U'\u1d50', 'm'}, {U'\u1d57', 't'}, {U'\u2070', '0'}, {U'\u2071', 'i'}, {U'\u2074', '4'},
    {U'\u2075', '5'}, {U'\u2076', '6'}, {U'\u2077', '7'}, {U'\u2078', '8'}, {U'\u2079', '9'},
    {U'\u207a', '+'}, {U'\u207b', '-'}, {U'\u207c', '='}, {U'\u207d', '('}, {U'\u207e', ')'},
    {U'\u207f', 'n'},
};

constexpr char kSubscripts[] = "0123456789+-=()aeox?hklmnpst";

}  // namespace

const absl::string_view* SignFor(char32_t character) {
  const auto* found =
      std::lower_bound(std::begin(kSigns), std::end(kSigns), character,
                       [](const Sign& sign, char32_t value) { return sign.character < value; });
  return found != std::end(kSigns) && found->character == character ? &found->latex : nullptr;
}

char SuperscriptFor(char32_t character) {
  for (const auto& [superscript, ascii] : kSuperscripts) {
    if (superscript == character) return ascii;
  }
  return 0;
}

char SubscriptFor(char32_t character) {
  constexpr char32_t kFirst = U'\u2080';
  if (character == U'\u1d62') return 'i';
  if (character == U'\u2c7c') return 'j';
  if (character < kFirst || character > U'\u209c') return 0;
  if (character == U'\u208f') return 0;
  const size_t place = character < kFirst + 15 ? character - kFirst : character - kFirst - 1;
  return kSubscripts[place] == '?' ? '\0' : kSubscripts[place];
}

}  // namespace gyre::rewarder::math
