#pragma once

namespace gyre::cli {

// The page is one file: style and hover script are part of it.
inline constexpr char kPageStyle[] = R"css(
:root{--ground:#fff;--text:#1c2024;--soft:#60666d;--rule:#e4e6e9;--panel:#f7f8f9;--blue:#2f6bd8;--orange:#d9730d;
--green:#2e8b57;--violet:#8250c4;--yellow:#c9a200;--red:#c93a3a;--grey:#9aa1a9}
@media (prefers-color-scheme:dark){:root{--ground:#14171a;--text:#e6e8ea;--soft:#9aa1a9;--rule:#2a2f35;--panel:#1b1f23;
--blue:#6ea0f5;--orange:#f0974a;--green:#5fc28c;--violet:#b08ae8;--yellow:#e0c04a;--red:#ee7a7a;--grey:#737b84}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--text);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
main{max-width:1120px;margin:0 auto;padding:36px 24px 64px}
h1{font-size:30px;line-height:1.2;margin:0 0 4px;letter-spacing:-.02em}
h2{font-size:20px;margin:44px 0 12px;letter-spacing:-.01em}
h3{font-size:15px;margin:0 0 8px;font-weight:600}
.lead,.sub{color:var(--soft);margin:0 0 16px;max-width:76ch}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(215px,1fr));gap:12px;margin:24px 0 8px}
.tile{background:var(--panel);border-radius:10px;padding:14px 16px}
.tile b{display:block;font-size:25px;line-height:1.25;letter-spacing:-.02em;font-variant-numeric:tabular-nums}
.tile span{color:var(--soft);font-size:13px}
.tile em{font-style:normal;color:var(--soft);font-weight:400}
.charts{display:grid;grid-template-columns:repeat(6,1fr);gap:24px 28px;margin:0 0 24px}
.chart{margin:0;grid-column:span 2;min-width:0}
.chart.wide{grid-column:span 3}
.chart figcaption{min-height:44px}
.chart figcaption b{font-weight:600}
.chart figcaption small{color:var(--soft)}
.chart figcaption p{margin:0;color:var(--soft);font-size:12.5px;line-height:1.35}
.plot{position:relative}
svg{display:block;width:100%;height:auto;overflow:visible}
.grid{stroke:var(--rule);stroke-width:1}.axis{stroke:var(--grey);stroke-width:1}
.tick{fill:var(--soft);font-size:11px;font-variant-numeric:tabular-nums}
.chart:not(.wide) .tick{font-size:12px}
.line{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}.faint{stroke-width:1;opacity:.32}
.area{opacity:.82}.dot{stroke:var(--ground);stroke-width:1.5}
.cursor{stroke:var(--soft);stroke-width:1;stroke-dasharray:3 3;visibility:hidden}
.tip{position:absolute;pointer-events:none;visibility:hidden;background:var(--text);color:var(--ground);padding:6px 9px;border-radius:6px;
font-size:12px;line-height:1.45;white-space:nowrap;z-index:2;font-variant-numeric:tabular-nums}
.tip i,.legend i{display:inline-block;width:9px;height:9px;border-radius:2px;margin-right:6px}
.legend{font-size:12.5px;color:var(--soft);display:flex;flex-wrap:wrap;gap:2px 16px;padding-left:12px}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:14px}
.scroll{overflow-x:auto}
th,td{text-align:right;padding:5px 14px 5px 0;border-bottom:1px solid var(--rule);white-space:nowrap}
th{color:var(--soft);font-weight:500}th:first-child,td:first-child{text-align:left}
code,pre{font-family:ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:12.5px}
.problem{margin:0 0 22px}.problem code{background:var(--panel);padding:2px 7px;border-radius:5px;font-size:13.5px}
.pair{display:grid;grid-template-columns:1fr 1fr;gap:14px}
.answer{background:var(--panel);border-radius:10px;padding:10px 14px;min-width:0}
.answer header{color:var(--soft);font-size:13px}.answer pre{margin:6px 0 0;white-space:pre-wrap;overflow-wrap:anywhere;line-height:1.45}
.yes{color:var(--green);font-weight:600}pre .no{color:var(--soft)}b.no{color:var(--red)}
details{margin-top:28px}summary{cursor:pointer;color:var(--soft)}details pre{background:var(--panel);border-radius:10px;padding:14px;overflow-x:auto}
footer{margin-top:48px;color:var(--soft);font-size:13px}
@media (max-width:900px){.charts{grid-template-columns:repeat(2,1fr)}.chart,.chart.wide{grid-column:span 2}}
@media (max-width:620px){main{padding:22px 14px 40px}.pair{grid-template-columns:1fr}h1{font-size:24px}}
@media print{main{max-width:none}.chart,.problem,.tile{break-inside:avoid}}
)css";

inline constexpr char kPageScript[] = R"js(
for (const figure of document.querySelectorAll('.chart')) {
  const data = JSON.parse(figure.querySelector('script').textContent);
  const plot = figure.querySelector('.plot'), svg = plot.querySelector('svg');
  const cursor = svg.querySelector('.cursor'), tip = plot.querySelector('.tip');
  const [left, , right] = data.box;
  const format = v => data.percent ? (100 * v).toFixed(1) + ' %'
    : Math.abs(v) >= 1000 ? Math.round(v).toLocaleString('en')
    : v === 0 ? '0' : Math.abs(v) < 1e-3 ? v.toExponential(1) : String(Number(v.toPrecision(3)));
  const hide = () => { cursor.style.visibility = tip.style.visibility = 'hidden'; };
  const show = event => {
    const box = svg.getBoundingClientRect(), scale = data.width / box.width;
    const at = data.x0 + ((event.clientX - box.left) * scale - left) / (right - left) * (data.x1 - data.x0);
    let nearest = null;
    for (const s of data.series) for (const x of s.x)
      if (nearest === null || Math.abs(x - at) < Math.abs(nearest - at)) nearest = x;
    if (nearest === null) return hide();
    const px = left + (nearest - data.x0) / (data.x1 - data.x0 || 1) * (right - left);
    cursor.setAttribute('x1', px); cursor.setAttribute('x2', px);
    tip.replaceChildren(document.createTextNode(data.xLabel + ' ' + nearest));
    for (const s of data.series) {
      const i = s.x.indexOf(nearest);
      if (i < 0 || s.y[i] === null) continue;
      const row = document.createElement('div'), mark = document.createElement('i');
      mark.style.background = s.color;
      row.append(mark, (s.name ? s.name + ': ' : '') + format(s.y[i]) + (data.unit ? ' ' + data.unit : ''));
      tip.append(row);
    }
    cursor.style.visibility = tip.style.visibility = 'visible';
    const x = px / scale, flip = x > box.width * 0.6;
    tip.style.left = flip ? '' : (x + 12) + 'px';
    tip.style.right = flip ? (box.width - x + 12) + 'px' : '';
    tip.style.top = '14px';
  };
  plot.addEventListener('pointermove', show);
  plot.addEventListener('pointerdown', show);
  plot.addEventListener('pointerleave', hide);
}
)js";

}  // namespace gyre::cli
