// An episode: its screens as a film to scrub, and beside each what the network made of it. All lies in the browser.
const players = new WeakMap();

function mount(root) {
  const find = (name) => root.querySelector(`.${name}`);
  const screen = find("screen"), curve = find("curve"), slider = find("slider"), button = find("play");
  const state = { at: 0, image: new Image(), source: "", send: () => {}, told: -1, timer: null, data: null };

  const colour = (name) => getComputedStyle(root.querySelector(".player")).getPropertyValue(name);
  const draw = () => {
    const { data, at, image } = state;
    if (!data) return;
    const [width, height] = data.size;
    screen.width = width; screen.height = height;
    if (image.complete && image.naturalWidth)
      screen.getContext("2d").drawImage(image, (at % data.columns) * width, Math.floor(at / data.columns) * height,
        width, height, 0, 0, width, height);
    slider.value = at;
    const points = data.points[at], chosen = data.chosen[at];
    const line = `Move ${at + 1} of ${data.values.length} · ${data.actions[chosen]} · ${points} ${points === 1 ? "point" : "points"} so far`;
    find("line").textContent = line;
    slider.setAttribute("aria-valuetext", line);
    const row = data.answers[at], [low, high] = data.range;
    find("bars").replaceChildren(...row.map((value, i) => {
      const bar = document.createElement("div");
      bar.className = i === chosen ? "bar chosen" : "bar";
      const share = Math.max(0, Math.min(1, (value - low) / (high - low || 1)));
      bar.innerHTML = `<span class="name"></span><span class="track"><i style="width:${100 * share}%"></i></span>` +
        `<span class="number">${data.percent ? (100 * value).toFixed(0) + " %" : value.toPrecision(3)}</span>`;
      bar.querySelector(".name").textContent = data.actions[i];
      return bar;
    }));
    find("value").textContent = data.values[at].toPrecision(3);
    drawCurve();
  };
  const drawCurve = () => {
    const { values } = state.data, box = curve.getBoundingClientRect(), sharp = window.devicePixelRatio || 1;
    if (!box.width) return;
    curve.width = box.width * sharp; curve.height = box.height * sharp;
    const pen = curve.getContext("2d"), low = Math.min(...values), high = Math.max(...values);
    const x = (i) => (values.length > 1 ? i / (values.length - 1) : 0) * (curve.width - 8) + 4;
    const y = (value) => curve.height - 6 - (value - low) / (high - low || 1) * (curve.height - 12);
    pen.strokeStyle = colour("--st-text-color"); pen.globalAlpha = 0.25; pen.lineWidth = sharp;
    pen.beginPath(); pen.moveTo(x(state.at), 0); pen.lineTo(x(state.at), curve.height); pen.stroke();
    pen.globalAlpha = 1; pen.strokeStyle = state.data.colour; pen.lineWidth = 2 * sharp;
    pen.beginPath();
    values.forEach((value, i) => i ? pen.lineTo(x(i), y(value)) : pen.moveTo(x(i), y(value)));
    pen.stroke();
    pen.fillStyle = state.data.colour;
    pen.beginPath(); pen.arc(x(state.at), y(values[state.at]), 4 * sharp, 0, 7); pen.fill();
  };
  const tell = () => { if (state.at !== state.told) { state.told = state.at; state.send(state.at); } };
  const go = (at) => { state.at = Math.max(0, Math.min(state.data.values.length - 1, at)); draw(); };
  const pause = () => {
    clearInterval(state.timer); state.timer = null;
    button.textContent = "Play"; tell();
  };
  button.onclick = () => {
    if (state.timer) return pause();
    if (state.at === state.data.values.length - 1) state.at = 0;
    button.textContent = "Pause";
    state.timer = setInterval(() => {
      if (!root.isConnected || state.at >= state.data.values.length - 1) return pause();
      go(state.at + 1);
    }, 1000 / state.data.rate);
  };
  slider.oninput = () => { if (state.timer) pause(); go(Number(slider.value)); };
  slider.onchange = tell;
  const seek = (event) => {
    const box = curve.getBoundingClientRect();
    if (state.timer) pause();
    go(Math.round((event.clientX - box.left) / box.width * (state.data.values.length - 1)));
  };
  curve.onpointerdown = (event) => { curve.setPointerCapture(event.pointerId); seek(event); };
  curve.onpointermove = (event) => { if (event.buttons) seek(event); };
  curve.onpointerup = tell;
  new ResizeObserver(() => state.data && drawCurve()).observe(curve);

  state.show = (data) => {
    const address = String(new URL(data.sheet.replace(/^\//, ""), document.baseURI));
    const other = address !== state.source;
    state.data = data;
    slider.max = data.values.length - 1;
    find("measured").textContent = data.measured;
    if (other) {
      state.source = address; state.at = Math.min(data.at, data.values.length - 1); state.told = state.at;
      state.image = new Image();
      state.image.onload = draw;
      state.image.src = address;
    }
    draw();
  };
  return state;
}

export default function ({ data, parentElement, setStateValue }) {
  if (!players.has(parentElement)) players.set(parentElement, mount(parentElement));
  const state = players.get(parentElement);
  state.send = (at) => setStateValue("at", at);
  state.show(data);
}
