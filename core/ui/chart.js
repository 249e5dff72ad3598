// Draws a Plotly figure and updates it in place. Streamlit's own element makes the chart anew whenever its data change:
// then what a person has zoomed into, hidden or points at is lost, and a chart that grows flickers.
let loading;

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
    if (box.told.clicks && clicked != null) box.send(clicked);
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

export default function ({ data, parentElement, setTriggerValue }) {
  let box = parentElement.querySelector(".chart");
  if (!box) {
    box = document.createElement("div");
    box.className = "chart";
    box.setAttribute("role", "img");
    parentElement.append(box);
  }
  box.setAttribute("aria-label", data.alt);
  box.classList.toggle("clicks", data.clicks);
  box.told = data;
  box.send = (clicked) => setTriggerValue("click", clicked);
  if (box.drawn === data.figure) return; // a refresh that brought nothing new
  box.drawn = data.figure;
  const figure = JSON.parse(data.figure);
  box.style.height = `${figure.layout.height}px`; // before Plotly is there, so that nothing jumps when it is
  plotly(data.plotly).then(
    (Plotly) => Plotly.react(box, figure.data, figure.layout, { displayModeBar: false }).then(() => {
      if (box.watch) return;
      box.watch = new ResizeObserver(() => box.clientWidth && Plotly.Plots.resize(box));
      box.watch.observe(box);
      listen(box);
    }),
    () => { box.drawn = null; box.textContent = "The chart could not be loaded: reload the page."; },
  );
}
