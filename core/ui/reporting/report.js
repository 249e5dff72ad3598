// The exported report: its charts in the light or the dark style, and its slides.
"use strict";
const told = JSON.parse(document.getElementById("told").textContent);
const dark = matchMedia("(prefers-color-scheme: dark)");
const charts = [...document.querySelectorAll(".chart")];

function draw(style = dark.matches ? "dark" : "light") {
  if (!window.Plotly) return;
  for (const box of charts) {
    const { data, layout } = told.figures[box.dataset.figure];
    Plotly.react(box, data, { ...layout, template: told.templates[style], autosize: true }, { displayModeBar: false });
  }
}
const fit = () => charts.forEach((box) => box.clientWidth && window.Plotly && Plotly.Plots.resize(box));

draw();
dark.addEventListener("change", () => draw());
addEventListener("resize", fit);
addEventListener("beforeprint", () => { draw("light"); fit(); });
addEventListener("afterprint", () => { draw(); fit(); });

// One slide after the other: arrow keys, space, Home, End; Escape ends.
const slides = [...document.querySelectorAll("header, section")], place = document.querySelector(".bar output");
let at = -1;

function show(to) {
  at = Math.max(0, Math.min(slides.length - 1, to));
  document.body.classList.add("presenting");
  slides.forEach((slide, i) => slide.classList.toggle("now", i === at));
  place.textContent = `${at + 1} of ${slides.length}`;
  requestAnimationFrame(fit);
}

function end() {
  at = -1;
  document.body.classList.remove("presenting");
  slides.forEach((slide) => slide.classList.remove("now"));
  if (document.fullscreenElement) document.exitFullscreen();
  if (window.parent !== window) window.parent.postMessage("glassbox-report-end", "*");
  requestAnimationFrame(fit);
}

function present() {
  show(0);
  document.documentElement.requestFullscreen?.().catch(() => {}); // refused: the slides still fill the window
}

const keys = { ArrowRight: () => show(at + 1), ArrowDown: () => show(at + 1), PageDown: () => show(at + 1), " ": () => show(at + 1),
  ArrowLeft: () => show(at - 1), ArrowUp: () => show(at - 1), PageUp: () => show(at - 1),
  Home: () => show(0), End: () => show(slides.length - 1), Escape: end };
addEventListener("keydown", (event) => {
  if (at < 0 || !keys[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  keys[event.key]();
});
// Escape in full screen is the browser's own: it leaves that first, and no key is told.
addEventListener("fullscreenchange", () => { if (!document.fullscreenElement && at >= 0) end(); });
document.querySelector("header button").onclick = present;
const [back, on, close] = document.querySelectorAll(".bar button");
back.onclick = () => show(at - 1);
on.onclick = () => show(at + 1);
close.onclick = end;
if (told.present) show(0);
