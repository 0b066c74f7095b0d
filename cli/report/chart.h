#pragma once

#include <string>
#include <vector>

namespace gyre::cli {

// One line of a chart. Points with a NaN value are gaps.
struct Series {
  std::string name;
  std::string color;  // a CSS colour, e.g. "var(--blue)"
  std::vector<double> x;
  std::vector<double> y;
  bool faint = false;  // raw values behind their mean
  bool dots = false;   // a mark at each point, too
};

struct Chart {
  std::string title = "";
  std::string note = "";     // one sentence under the title; may be empty
  std::string unit = "";     // of y: "tokens", "nats", "" for a plain number
  std::string x_label = "";  // "step"
  std::vector<Series> series = {};
  bool stacked = false;   // series are areas on top of each other; all have the same x
  bool percent = false;   // y is a fraction, shown as per cent
  bool from_zero = true;  // the y axis begins at 0
  bool wide = false;
};

// An HTML figure with an inline SVG: axes with ticks, a legend, and the values as JSON for the
// page's hover script. Empty when no series has a point.
std::string RenderChart(const Chart& chart);

// Running mean over the last `window` points; for curves that are noisy from step to step.
Series Smoothed(const Series& series, int window);

// "1,234", "0.62", "3.1e-05": short and fit for reading.
std::string ShortNumber(double value);

// Text made safe for HTML.
std::string Escape(const std::string& text);

}  // namespace gyre::cli
