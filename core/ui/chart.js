// Draws a Plotly figure and updates it in place. Streamlit's own element makes the chart anew whenever its data change:
// then what a person has zoomed into, hidden or points at is lost, and a chart that grows flickers.
let loading;

const LISTED = 500; // rows of a table: more are had as CSV
const PAUSE = 200; // ms after which a zoom has come to rest
const DOTS = '<svg viewBox="0 0 16 16" aria-hidden="true"><circle cx="3" cy="8" r="1.4"/><circle cx="8" cy="8" r="1.4"/>'
  + '<circle cx="13" cy="8" r="1.4"/></svg>';

function plotly(address) {
  return (loading ??= new Promise((loaded, failed) => {
    const script = document.createElement("script");
    script.src = new URL(address.replace(/^\//, ""), document.baseURI);
    script.onload = () => loaded(window.Plotly);
    script.onerror = () => { loading = undefined; failed(); }; // the next chart tries again
    document.head.append(script);
  }));
}

// The number by which a figure's maker knows a point.
const number = ({ customdata, pointNumber }) => (Array.isArray(pointNumber) ? pointNumber : customdata?.[0]);

function listen(box) {
  const picture = document.createElement("div"), words = document.createElement("div"), hint = document.createElement("div");
  hint.className = "chart-picture";
  hint.setAttribute("aria-hidden", "true");
  hint.hidden = true;
  hint.append(picture, words);
  box.append(hint);
  box.on("plotly_click", ({ points }) => {
    const clicked = number(points[0]);
    if (box.told.clicks && clicked != null) box.send("click", clicked);
  });
  box.on("plotly_relayout", (change) => {
    if (!box.told.zooms || !Object.keys(change).some((name) => name.startsWith("xaxis."))) return;
    clearTimeout(box.resting);
    box.resting = setTimeout(() => box.keep("range", range(box)), PAUSE);
  });
  box.on("plotly_unhover", () => { hint.hidden = true; });
  box.on("plotly_hover", ({ event, points }) => {
    const { sheet } = box.told, cell = number(points[0]);
    if (!sheet || cell == null) return;
    const [width, height] = sheet.size, zoom = 112 / Math.max(width, height);
    picture.style.width = `${width * zoom}px`;
    picture.style.height = `${height * zoom}px`;
    picture.style.backgroundImage = `url("${new URL(sheet.address.replace(/^\//, ""), document.baseURI)}")`;
    picture.style.backgroundSize = `${sheet.columns * width * zoom}px auto`;
    picture.style.backgroundPosition =
      `${-(cell % sheet.columns) * width * zoom}px ${-Math.floor(cell / sheet.columns) * height * zoom}px`;
    words.textContent = points[0].customdata[1];
    hint.hidden = false;
    const around = box.getBoundingClientRect(), x = event.clientX - around.left, y = event.clientY - around.top;
    hint.style.left = `${x + 16 + hint.offsetWidth < around.width ? x + 16 : Math.max(0, x - 16 - hint.offsetWidth)}px`;
    hint.style.top = `${Math.max(0, Math.min(y - hint.offsetHeight / 2, around.height - hint.offsetHeight))}px`;
  });
}

// From where to where the chart is seen along its bottom, in the axis' own numbers; null where all is.
function range(box) {
  const { xaxis, uirevision } = box._fullLayout;
  if (xaxis.autorange) return null;
  const [from, to] = xaxis.range.map((end) => (xaxis.type === "log" ? 10 ** end : end));
  return { of: uirevision, from, to };
}

// What a chart shows, as rows below the names of their columns.
function table(box) {
  const titled = (trace, letter) => {
    const axis = box.layout[`${letter}axis${(trace[`${letter}axis`] ?? letter).slice(1)}`];
    return axis?.title?.text || letter;
  };
  const part = (values, i) => (values == null || typeof values === "string" ? values : values[i]);
  const parts = [];
  for (const trace of box._fullData) {
    if (trace.visible !== true) continue;
    const named = trace.name && !/^trace \d+$/.test(trace.name) ? { name: trace.name } : {};
    if (trace.type === "parcoords") {
      const columns = trace.dimensions.map(({ label, values, tickvals, ticktext }) => [
        label.replaceAll("<br>", " "), Array.from(values, (value) => (ticktext ? ticktext[tickvals.indexOf(value)] : value)),
      ]);
      for (let i = 0; i < columns[0][1].length; i++) {
        parts.push({ name: trace.customdata?.[i], ...Object.fromEntries(columns.map(([label, values]) => [label, values[i]])) });
      }
    } else if (trace.z && trace.type === "heatmap") {
      trace.z.forEach((row, i) => Array.from(row).forEach((value, j) => {
        const content = part(trace.text?.[i], j);
        parts.push({
          ...named, [titled(trace, "x")]: part(trace.x, j) ?? j, [titled(trace, "y")]: part(trace.y, i) ?? i,
          [trace.colorbar?.title?.text || "value"]: value ?? "", ...(content ? { text: content } : {}),
        });
      }));
    } else if (trace.x || trace.y) {
      const { length } = trace.x ?? trace.y, shade = trace.marker?.color;
      for (let i = 0; i < length; i++) {
        const row = { ...named, [titled(trace, "x")]: part(trace.x, i) ?? i, [titled(trace, "y")]: part(trace.y, i) ?? i };
        if (shade != null && typeof shade !== "string") row[trace.marker.colorbar?.title?.text || "colour"] = shade[i];
        const words = trace.text?.length ? part(trace.text, i) : undefined;
        if (words) row.text = words;
        parts.push(row);
      }
    }
  }
  const columns = [...new Set(parts.flatMap(Object.keys))];
  return { columns, rows: parts.map((row) => columns.map((column) => row[column] ?? "")) };
}

const plain = (content) => String(content).replaceAll("<br>", " ").replace(/<[^>]*>/g, "");

function save(name, content, kind) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content], { type: kind }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

const called = (box) => box.told.alt.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "").slice(0, 60);

function csv(box) {
  const { columns, rows } = table(box);
  const quoted = (content) => {
    const written = plain(content);
    return /[",\n]/.test(written) ? `"${written.replaceAll('"', '""')}"` : written;
  };
  save(`${called(box)}.csv`, [columns, ...rows].map((row) => row.map(quoted).join(",")).join("\n") + "\n", "text/csv");
}

function list(box, frame) {
  if (frame.table) {
    frame.table.remove();
    frame.table = null;
    return;
  }
  const { columns, rows } = table(box), all = document.createElement("table");
  const caption = all.createCaption();
  caption.textContent = box.told.alt
    + (rows.length > LISTED ? ` The first ${LISTED} of ${rows.length.toLocaleString("en")} rows; the CSV has all.` : "");
  const head = all.createTHead().insertRow();
  for (const column of columns) {
    const cell = document.createElement("th");
    cell.scope = "col";
    cell.textContent = plain(column);
    head.append(cell);
  }
  const body = all.createTBody();
  for (const row of rows.slice(0, LISTED)) {
    const line = body.insertRow();
    for (const content of row) {
      const number = typeof content === "number" ? content.toLocaleString("en", { maximumSignificantDigits: 7 }) : content;
      line.insertCell().textContent = plain(number);
    }
  }
  frame.table = document.createElement("div");
  frame.table.className = "chart-table";
  frame.table.tabIndex = 0; // so that it can be scrolled by keyboard
  frame.table.append(all);
  frame.append(frame.table);
}

// The chart as a file, on the page's own ground, and with the names of its lines: the page's legend does not come along.
async function image(box, format) {
  const Plotly = await plotly(box.told.plotly);
  const lines = box._fullData.filter((trace) => trace.visible === true && trace._input.showlegend !== false
    && trace._input.name).length;
  const ground = getComputedStyle(document.querySelector(".stApp")).backgroundColor;
  const layout = { ...box.layout, paper_bgcolor: ground };
  let height = box.clientHeight;
  if (lines > 1 && !box.layout.showlegend) {
    layout.showlegend = true;
    layout.legend = { orientation: "v", x: 1.02, xanchor: "left", y: 1, yanchor: "top" };
    height = Math.max(height, 20 * lines + 60);
  }
  layout.height = height;
  Plotly.downloadImage({ data: box.data, layout, config: {} },
    { format, filename: called(box), width: Math.max(box.clientWidth, 700), height, scale: format === "png" ? 2 : 1 });
}

function menu(box, frame) {
  const offered = document.createElement("details");
  offered.className = "chart-menu";
  offered.innerHTML = `<summary aria-label="Data and image of this chart" title="Data and image">${DOTS}</summary><div></div>`;
  const data = box._fullData.some(({ type }) => type !== "image")
    ? [["Data as a table", () => list(box, frame)], ["Data as CSV", () => csv(box)]] : [];
  for (const [words, act] of [...data, ["Image as PNG", () => image(box, "png")], ["Image as SVG", () => image(box, "svg")]]) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = words;
    button.onclick = () => { offered.open = false; act(); };
    offered.lastChild.append(button);
  }
  offered.onkeydown = ({ key }) => {
    if (key !== "Escape") return;
    offered.open = false;
    offered.firstChild.focus();
  };
  offered.addEventListener("focusout", ({ relatedTarget }) => {
    if (!offered.contains(relatedTarget)) offered.open = false;
  });
  frame.append(offered);
}

export default function ({ data, parentElement, setTriggerValue, setStateValue }) {
  let box = parentElement.querySelector(".chart");
  if (!box) {
    parentElement.insertAdjacentHTML(
      "beforeend", '<div class="chart-frame"><div class="chart-scroll"><div class="chart" role="img"></div></div></div>');
    box = parentElement.querySelector(".chart");
  }
  const frame = box.closest(".chart-frame");
  box.setAttribute("aria-label", data.alt);
  box.classList.toggle("clicks", data.clicks);
  box.style.minWidth = data.narrowest ? `${data.narrowest}px` : "";
  box.told = data;
  box.send = setTriggerValue;
  box.keep = setStateValue;
  if (box.drawn === data.figure) return; // a refresh that brought nothing new
  box.drawn = data.figure;
  const figure = JSON.parse(data.figure);
  box.style.height = `${figure.layout.height}px`; // before Plotly is there, so that nothing jumps when it is
  plotly(data.plotly).then(
    (Plotly) => Plotly.react(box, figure.data, figure.layout, { displayModeBar: false }).then(() => {
      if (frame.table) { // which shows what the chart now does
        list(box, frame);
        list(box, frame);
      }
      if (box.watch) return;
      box.watch = new ResizeObserver(() => box.clientWidth && Plotly.Plots.resize(box));
      box.watch.observe(box);
      listen(box);
      menu(box, frame);
    }),
    () => { box.drawn = null; box.textContent = "The chart could not be loaded: reload the page."; },
  );
}
