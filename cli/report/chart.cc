#include "cli/report/chart.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "nlohmann/json.hpp"

namespace gyre::cli {
namespace {

constexpr double kHeight = 240, kLeft = 52, kRight = 14, kTop = 10, kBottom = 34;

struct Axis {
  double low = 0, high = 1;
  std::vector<double> ticks;
};

// Ticks at 1, 2 or 5 times a power of ten, about `wanted` of them; over the range of an x axis, and
// over a little more of a y axis.
Axis MakeAxis(double low, double high, int wanted, bool is_x) {
  if (!(high > low)) high = low + (low == 0 ? 1 : std::abs(low) * 0.1);
  const double raw = (high - low) / wanted, power = std::pow(10, std::floor(std::log10(raw)));
  double step = 10 * power;
  for (double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= raw) {
      step = factor * power;
      break;
    }
  }
  if (is_x) step = std::max(step, 1.0);  // steps are whole numbers
  Axis axis;
  axis.low = is_x ? low : std::floor(low / step + 1e-9) * step;
  axis.high = is_x ? high : std::ceil(high / step - 1e-9) * step;
  for (double tick = std::ceil(axis.low / step - 1e-9) * step; tick <= axis.high + step * 1e-6;
       tick += step) {
    axis.ticks.push_back(std::abs(tick) < step * 1e-6 ? 0 : tick);
  }
  return axis;
}

std::string TickText(double value, bool percent) {
  return percent ? absl::StrFormat("%g%%", std::round(value * 1e4) / 1e2) : ShortNumber(value);
}

struct Plot {
  Axis x, y;
  double width;
  double X(double value) const {
    return kLeft + (value - x.low) / (x.high - x.low) * (width - kLeft - kRight);
  }
  double Y(double value) const {
    return kTop + (y.high - value) / (y.high - y.low) * (kHeight - kTop - kBottom);
  }
};

std::string LinePath(const Plot& plot, const Series& series) {
  const size_t count = series.x.size();
  const auto is_gap = [&](size_t i) { return i >= count || !std::isfinite(series.y[i]); };
  std::string path;
  for (size_t i = 0; i < count; ++i) {
    if (is_gap(i)) continue;
    const bool begins = i == 0 || is_gap(i - 1);
    absl::StrAppendFormat(&path, "%s%.1f %.1f", begins ? "M" : "L", plot.X(series.x[i]),
                          plot.Y(series.y[i]));
    if (begins && is_gap(i + 1)) absl::StrAppend(&path, "h0");  // a point alone: a round dot
  }
  return path;
}

std::string AreaPath(const Plot& plot, const std::vector<double>& x, const std::vector<double>& low,
                     const std::vector<double>& high) {
  std::string path;
  for (size_t i = 0; i < x.size(); ++i) {
    absl::StrAppendFormat(&path, "%s%.1f %.1f", i ? "L" : "M", plot.X(x[i]), plot.Y(high[i]));
  }
  for (size_t i = x.size(); i-- > 0;) {
    absl::StrAppendFormat(&path, "L%.1f %.1f", plot.X(x[i]), plot.Y(low[i]));
  }
  return path + "Z";
}

std::string Frame(const Plot& plot, const Chart& chart) {
  std::string svg;
  for (double tick : plot.y.ticks) {
    const double y = plot.Y(tick);
    absl::StrAppendFormat(&svg,
                          "<line class=grid x1=%g x2=%g y1=%.1f y2=%.1f />"
                          "<text class=tick x=%g y=%.1f text-anchor=end>%s</text>",
                          kLeft, plot.width - kRight, y, y, kLeft - 7, y + 3.5,
                          TickText(tick, chart.percent));
  }
  for (double tick : plot.x.ticks) {
    absl::StrAppendFormat(&svg, "<text class=tick x=%.1f y=%g text-anchor=middle>%s</text>",
                          plot.X(tick), kHeight - kBottom + 15, ShortNumber(tick));
  }
  absl::StrAppendFormat(&svg, "<line class=axis x1=%g x2=%g y1=%g y2=%g />", kLeft,
                        plot.width - kRight, kHeight - kBottom, kHeight - kBottom);
  absl::StrAppendFormat(&svg, "<text class=tick x=%g y=%g text-anchor=end>%s</text>",
                        plot.width - kRight, kHeight - 4, Escape(chart.x_label));
  return svg;
}

std::string Stack(const Plot& plot, const Chart& chart) {
  std::string svg;
  const std::vector<double>& x = chart.series.front().x;
  std::vector<double> low(x.size(), 0);
  for (const Series& series : chart.series) {
    std::vector<double> high = low;
    for (size_t i = 0; i < x.size(); ++i) high[i] += std::isfinite(series.y[i]) ? series.y[i] : 0;
    absl::StrAppendFormat(&svg, "<path d=\"%s\" fill=\"%s\" class=area />",
                          AreaPath(plot, x, low, high), series.color);
    low = std::move(high);
  }
  return svg;
}

std::string Polylines(const Plot& plot, const Chart& chart) {
  std::string svg;
  for (const Series& series : chart.series) {
    absl::StrAppendFormat(&svg, "<path d=\"%s\" stroke=\"%s\" class=\"line%s\" />",
                          LinePath(plot, series), series.color, series.faint ? " faint" : "");
    if (!series.dots) continue;
    for (size_t i = 0; i < series.x.size(); ++i) {
      if (!std::isfinite(series.y[i])) continue;
      absl::StrAppendFormat(&svg, "<circle cx=%.1f cy=%.1f r=3.5 fill=\"%s\" class=dot />",
                            plot.X(series.x[i]), plot.Y(series.y[i]), series.color);
    }
  }
  return svg;
}

// The values for the hover script, with where they stand in the picture.
std::string HoverData(const Plot& plot, const Chart& chart) {
  nlohmann::json data;
  data["x0"] = plot.x.low, data["x1"] = plot.x.high, data["y0"] = plot.y.low,
  data["y1"] = plot.y.high;
  data["box"] = {kLeft, kTop, plot.width - kRight, kHeight - kBottom};
  data["width"] = plot.width;
  data["percent"] = chart.percent, data["unit"] = chart.unit, data["xLabel"] = chart.x_label;
  data["stacked"] = chart.stacked;
  data["series"] = nlohmann::json::array();
  for (const Series& series : chart.series) {
    if (series.faint && chart.series.size() > 1 && series.name.empty()) continue;
    nlohmann::json y = nlohmann::json::array();
    for (double value : series.y) {
      y.push_back(std::isfinite(value) ? nlohmann::json(float(value)) : nlohmann::json());
    }
    data["series"].push_back(
        {{"name", series.name}, {"color", series.color}, {"x", series.x}, {"y", y}});
  }
  return data.dump();
}

Plot MakePlot(const Chart& chart) {
  double x_low = std::numeric_limits<double>::infinity(), x_high = -x_low;
  double y_low = x_low, y_high = x_high;
  std::vector<double> sums;
  for (const Series& series : chart.series) {
    sums.resize(std::max(sums.size(), series.y.size()), 0);
    for (size_t i = 0; i < series.x.size(); ++i) {
      if (!std::isfinite(series.y[i])) continue;
      sums[i] += series.y[i];
      x_low = std::min(x_low, series.x[i]), x_high = std::max(x_high, series.x[i]);
      y_low = std::min(y_low, series.y[i]), y_high = std::max(y_high, series.y[i]);
    }
  }
  if (chart.stacked) y_high = *std::max_element(sums.begin(), sums.end());
  if (chart.from_zero) y_low = std::min(y_low, 0.0);
  Plot plot;
  plot.width = chart.wide ? 640 : 420;
  plot.x = MakeAxis(x_low, x_high, chart.wide ? 8 : 5, /*is_x=*/true);
  plot.y = MakeAxis(y_low, y_high, 4, /*is_x=*/false);
  return plot;
}

}  // namespace

std::string RenderChart(const Chart& chart) {
  bool any = false;
  for (const Series& series : chart.series) {
    for (double value : series.y) any |= std::isfinite(value);
  }
  if (!any) return "";
  const Plot plot = MakePlot(chart);
  std::string legend;
  for (const Series& series : chart.series) {
    if (series.name.empty()) continue;
    absl::StrAppend(&legend, "<span><i style=\"background:", series.color, "\"></i>",
                    Escape(series.name), "</span>");
  }
  return absl::StrCat(
      "<figure class=\"chart", chart.wide ? " wide" : "", "\"><figcaption><b>", Escape(chart.title),
      "</b>", chart.unit.empty() ? "" : absl::StrCat(" <small>", Escape(chart.unit), "</small>"),
      chart.note.empty() ? "" : absl::StrCat("<p>", Escape(chart.note), "</p>"), "</figcaption>",
      absl::StrFormat("<div class=plot><svg viewBox=\"0 0 %g %g\" role=img aria-label=\"%s\">",
                      plot.width, kHeight, Escape(chart.title)),
      Frame(plot, chart), chart.stacked ? Stack(plot, chart) : Polylines(plot, chart),
      "<line class=cursor y1=10 y2=206 /></svg><div class=tip></div></div><div class=legend>",
      legend, "</div><script type=\"application/json\">",
      absl::StrReplaceAll(HoverData(plot, chart), {{"<", "\\u003c"}}), "</script></figure>\n");
}

Series Smoothed(const Series& series, int window) {
  Series smooth = series;
  for (int i = 0; i < static_cast<int>(series.y.size()); ++i) {
    double sum = 0;
    int count = 0;
    for (int j = std::max(0, i - window + 1); j <= i; ++j) {
      if (std::isfinite(series.y[j])) sum += series.y[j], ++count;
    }
    smooth.y[i] = count ? sum / count : std::nan("");
  }
  return smooth;
}

std::string ShortNumber(double value) {
  if (!std::isfinite(value)) return "–";
  const double size = std::abs(value);
  if (value == 0) return "0";
  if (size >= 1000) {
    std::string digits = absl::StrFormat("%.0f", size), grouped;
    for (size_t i = 0; i < digits.size(); ++i) {
      if (i && (digits.size() - i) % 3 == 0) grouped += ',';
      grouped += digits[i];
    }
    return (value < 0 ? "−" : "") + grouped;
  }
  if (size >= 100) return absl::StrFormat("%.4g", value);
  if (size >= 1e-3) return absl::StrFormat("%.3g", value);
  return absl::StrFormat("%.1e", value);
}

std::string Escape(const std::string& text) {
  return absl::StrReplaceAll(text,
                             {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}});
}

}  // namespace gyre::cli
