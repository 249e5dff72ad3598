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

export default function ({ data, parentElement }) {
  let box = parentElement.querySelector(".chart");
  if (!box) {
    box = document.createElement("div");
    box.className = "chart";
    box.setAttribute("role", "img");
    parentElement.append(box);
  }
  box.setAttribute("aria-label", data.alt);
  if (box.drawn === data.figure) return; // a refresh that brought nothing new
  box.drawn = data.figure;
  const figure = JSON.parse(data.figure);
  box.style.height = `${figure.layout.height}px`; // before Plotly is there, so that nothing jumps when it is
  plotly(data.plotly).then(
    (Plotly) => Plotly.react(box, figure.data, figure.layout, { displayModeBar: false }).then(() => {
      box.watch ??= new ResizeObserver(() => box.clientWidth && Plotly.Plots.resize(box));
      box.watch.observe(box);
    }),
    () => { box.drawn = null; box.textContent = "The chart could not be loaded: reload the page."; },
  );
}
