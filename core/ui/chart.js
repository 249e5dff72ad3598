// Draws lines that grow while one looks: unlike a Plotly chart in Streamlit, which is made anew whenever its data change,
// it keeps its zoom and what is under the pointer. Drag across to zoom, double-click to see all, arrow keys to walk.

const DASHES = { solid: "", dash: "7 4", dot: "2 3", dashdot: "7 3 2 3" };
const MARKED = 30; // a line of no more points shows them
const SVG = "http://www.w3.org/2000/svg";
let clips = 0;

export default function ({ data, parentElement }) {
  const chart = (parentElement.chart ??= build(parentElement));
  const axes = JSON.stringify([data.axis, data.log_x]);
  if (chart.axes !== axes) chart.zoom = chart.at = null;
  chart.axes = axes;
  chart.data = data;
  chart.draw();
}

function build(root) {
  const box = element(root, "div", "chart");
  const head = element(box, "div", "head"), svg = box.appendChild(document.createElementNS(SVG, "svg"));
  const tip = element(box, "div", "tip");
  const chart = { data: null, zoom: null, at: null, from: null };
  svg.setAttribute("tabindex", "0");
  const draw = (chart.draw = () => {
    if (!chart.data || !box.clientWidth) return;
    chart.plot = render(chart, head, svg, box.clientWidth);
    point();
  });
  const point = () => show(chart, svg, tip);
  const place = (event) => chart.plot.value(event.clientX - svg.getBoundingClientRect().left);
  svg.onpointermove = (event) => { chart.at = place(event); point(); };
  svg.onpointerleave = () => { if (chart.from === null) { chart.at = null; point(); } };
  svg.onpointerdown = (event) => {
    if (event.pointerType === "touch") return;  // a finger scrolls the page
    chart.from = place(event); svg.setPointerCapture(event.pointerId);
  };
  svg.onmousedown = (event) => event.preventDefault();  // no focus ring, no selection of text: the keyboard has the first
  svg.onpointerup = (event) => {
    const from = chart.from, to = place(event);
    chart.from = null;
    if (from !== null && Math.abs(chart.plot.x(from) - chart.plot.x(to)) > 6) {
      chart.zoom = [Math.min(from, to), Math.max(from, to)];
      draw();
    } else point();
  };
  svg.ondblclick = () => { chart.zoom = null; draw(); };
  svg.onblur = () => { chart.at = null; point(); };
  svg.onkeydown = (event) => {
    const move = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (event.key === "Escape") { chart.zoom = chart.at = null; draw(); }
    if (!move) return;
    event.preventDefault();
    const stops = [...new Set(chart.data.lines.flatMap((line) => line.x))].filter((x) => x !== null).sort((a, b) => a - b);
    const now = chart.at === null ? (move > 0 ? -1 : stops.length) : stops.indexOf(closest(stops, chart.at));
    chart.at = stops[Math.max(0, Math.min(stops.length - 1, now + move))];
    point();
  };
  new ResizeObserver(draw).observe(box);
  return chart;
}

function render(chart, head, svg, width) {
  const { lines, title, axis, log_x, log_y, percent, height, legend, alt } = chart.data;
  head.replaceChildren();
  if (title) element(head, "b", "", title);
  if (legend) {
    const names = element(head, "span", "names");
    for (const line of lines) {
      const name = element(names, "span", "name"), pen = element(name, "i");
      pen.style.cssText = `border-top: 2px ${line.dash === "solid" ? "solid" : "dashed"} ${line.colour}; opacity: ${line.faint ? 0.5 : 1}`;
      name.append(line.name);
    }
  }
  svg.setAttribute("aria-label", alt);
  svg.setAttribute("role", "img");
  svg.setAttribute("width", width);
  svg.setAttribute("height", height);
  const xs = lines.flatMap((line) => line.x).filter((x) => x !== null);
  const whole = span(xs, log_x, 0);
  const [x0, x1] = chart.zoom ?? whole;
  const ys = lines.flatMap((line) => [...line.y, ...(line.raw ?? [])].filter(
    (y, i) => y !== null && inside(line.x[i % line.x.length], x0, x1)));
  const [y0, y1] = span(ys, log_y, 0.06);
  const across = ticks(x0, x1, log_x, Math.max(2, Math.floor(width / 110))), up = ticks(y0, y1, log_y, Math.max(3, Math.floor(height / 55)));
  const written = up.map((y) => format(y, percent));
  const left = 10 + 7 * Math.max(1, ...written.map((text) => text.length)), right = width - 10, top = 8, bottom = height - 38;
  const scale = (low, high, log, start, end) => {
    const of = log ? Math.log10 : (value) => value;
    return (value) => start + ((of(value) - of(low)) / (of(high) - of(low) || 1)) * (end - start);
  };
  const x = scale(x0, x1, log_x, left, right), y = scale(y0, y1, log_y, bottom, top);
  const clip = `plot-${(chart.clip ??= ++clips)}`, parts = [
    `<clipPath id="${clip}"><rect x="${left - 4}" y="${top - 4}" width="${right - left + 8}" height="${bottom - top + 8}"/></clipPath>`,
    ...up.map((at, i) => `<path class="grid" d="M${left} ${y(at)}H${right}"/><text x="${left - 8}" y="${y(at)}" class="up">${written[i]}</text>`),
    ...across.map((at) => `<path class="grid" d="M${x(at)} ${top}V${bottom}"/><text x="${x(at)}" y="${bottom + 16}" class="across">${format(at)}</text>`),
    `<text x="${(left + right) / 2}" y="${height - 4}" class="across">${axis}</text><g clip-path="url(#${clip})">`,
  ];
  const path = (line, values) => {
    let d = "", pen = "M";
    values.forEach((value, i) => {
      if (value === null || line.x[i] === null) { pen = "M"; return; }
      d += `${pen}${x(line.x[i]).toFixed(1)} ${y(value).toFixed(1)}`;
      pen = "L";
    });
    return d;
  };
  for (const line of lines) if (line.raw) parts.push(`<path d="${path(line, line.raw)}" stroke="${line.colour}" stroke-width="1" opacity=".25"/>`);
  for (const line of lines) {
    const dots = line.x.length <= MARKED && !line.raw && !line.faint ? line.x.map((at, i) => at === null || line.y[i] === null ? ""
      : `<circle cx="${x(at)}" cy="${y(line.y[i])}" r="2.5" fill="${line.colour}"/>`) : [];
    parts.push(`<path d="${path(line, line.y)}" stroke="${line.colour}" stroke-width="2" stroke-dasharray="${DASHES[line.dash]}" `
      + `opacity="${line.faint ? 0.5 : 1}"/>`, ...dots);
  }
  svg.innerHTML = parts.join("") + '</g><g class="pointer"></g>';
  const back = (at) => {
    const share = Math.max(0, Math.min(1, (at - left) / (right - left)));
    return log_x ? x0 * (x1 / x0) ** share : x0 + share * (x1 - x0);
  };
  return { x, y, value: back, left, right, top, bottom, x0, x1 };
}

function show(chart, svg, tip) {
  const layer = svg.querySelector(".pointer"), { x, y, top, bottom, left, right, x0, x1 } = chart.plot;
  const { lines, axis, percent } = chart.data;
  if (chart.at === null || !lines.length) { layer.innerHTML = ""; tip.hidden = true; return; }
  if (chart.from !== null) {
    const [a, b] = [x(chart.from), x(chart.at)].sort((a, b) => a - b);
    layer.innerHTML = `<rect class="chosen" x="${a}" y="${top}" width="${b - a}" height="${bottom - top}"/>`;
    tip.hidden = true;
    return;
  }
  const stops = lines.flatMap((line) => line.x).filter((at) => at !== null && inside(at, x0, x1));
  if (!stops.length) { layer.innerHTML = ""; tip.hidden = true; return; }
  const at = closest(stops, chart.at);
  const found = lines.flatMap((line) => {
    const i = line.x.indexOf(closest(line.x.filter((one, k) => one !== null && line.y[k] !== null), at));
    return i < 0 || Math.abs(x(line.x[i]) - x(at)) > 24 ? [] : [{ line, x: line.x[i], y: line.y[i] }];
  }).sort((a, b) => b.y - a.y);
  layer.innerHTML = `<path class="cross" d="M${x(at)} ${top}V${bottom}"/>`
    + found.map(({ line, x: px, y: py }) => `<circle cx="${x(px)}" cy="${y(py)}" r="4" fill="${line.colour}" class="dot"/>`).join("");
  tip.hidden = false;
  tip.replaceChildren();
  element(tip, "div", "where", `${axis.split(" ")[0]} ${format(at)}${axis.includes("(") ? " " + axis.slice(axis.indexOf("(") + 1, -1) : ""}`);
  for (const { line, y: value } of found.slice(0, 12)) {
    const row = element(tip, "div", "row"), pen = element(row, "i");
    pen.style.background = line.colour;
    element(row, "span", "", line.name);
    element(row, "b", "", format(value, percent, true));
  }
  if (found.length > 12) element(tip, "div", "where", `and ${found.length - 12} more`);
  const room = right - x(at) > tip.offsetWidth + 16;
  tip.style.left = `${Math.max(0, room ? x(at) + 12 : x(at) - tip.offsetWidth - 12)}px`;
  tip.style.top = `${svg.previousElementSibling.offsetHeight + top}px`;
}

function element(parent, kind, name = "", text = "") {
  const made = document.createElement(kind);
  made.className = name;
  made.textContent = text;
  return parent.appendChild(made);
}

function inside(value, low, high) { return value !== null && value >= low && value <= high; }

function closest(values, wanted) {
  return values.reduce((best, value) => (best === undefined || Math.abs(value - wanted) < Math.abs(best - wanted) ? value : best), undefined);
}

function span(values, log, margin) {
  let low = values.length ? values.reduce((a, b) => Math.min(a, b)) : log ? 1 : 0, high = values.length ? values.reduce((a, b) => Math.max(a, b)) : low + 1;
  if (low === high) return log ? [low / 2, high * 2] : [low - (Math.abs(low) || 1) / 2, high + (Math.abs(high) || 1) / 2];
  if (log) return [low * (low / high) ** margin, high * (high / low) ** margin];
  const room = margin * (high - low);
  return [low >= 0 && low < room ? 0 : low - room, high + room];
}

function ticks(low, high, log, most) {
  if (log && high / low > 5) {
    const decades = Math.log10(high / low), steps = decades < 2.5 ? [1, 2, 5] : [1], every = Math.ceil(decades / most), found = [];
    for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++)
      if (power % every === 0) for (const step of steps) found.push(step * 10 ** power);
    return found.filter((at) => at >= low * 0.999 && at <= high * 1.001);
  }
  const rough = (high - low) / most, size = 10 ** Math.floor(Math.log10(rough));
  const step = size * [1, 2, 5, 10].find((times) => times * size >= rough * 0.999);
  const found = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) found.push(Number((i * step).toPrecision(12)));
  return found;
}

function format(value, percent = false, precise = false) {
  if (percent) return `${Number((100 * value).toPrecision(precise ? 4 : 6))} %`;
  if (value !== 0 && (Math.abs(value) < 1e-3 || Math.abs(value) >= 1e7)) return value.toExponential(precise ? 3 : 0).replace("e+", "e");
  return Number(value.toPrecision(Math.abs(value) >= 1000 ? 7 : 4)).toLocaleString("en");
}
