// A game under the person's hands. The server holds it: each tick sends the move of the keys that are down, and the next
// screen comes back; no tick is sent before the last one was answered.
const sticks = new WeakMap();
const KEYS = { ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up", ArrowDown: "down", " ": "fire",
  a: "left", d: "right", w: "up", s: "down" };

function mount(root) {
  const find = (name) => root.querySelector(`.${name}`);
  const stick = find("stick"), image = find("screen"), button = find("go");
  const state = { send: () => {}, data: null, running: false, down: new Set(), waiting: -1, since: 0, last: 0 };

  // The move whose words are just the keys that are down, else that of the last key; without keys none, or the one before.
  const move = () => {
    const { actions } = state.data, pressed = [...state.down];
    if (!pressed.length) return actions.includes("nothing") ? actions.indexOf("nothing") : state.last;
    const same = (name) => name.split(" ").length === pressed.length && name.split(" ").every((word) => state.down.has(word));
    const found = actions.findIndex(same);
    const single = actions.indexOf(pressed.at(-1));
    return found >= 0 ? found : single >= 0 ? single : state.last;
  };
  const tick = () => {
    if (!state.running || !root.isConnected) return;
    state.last = move();
    state.waiting = state.data.count + 1;
    state.since = performance.now();
    state.send({ game: state.data.game, count: state.waiting, action: state.last });
  };
  const stop = () => { state.running = false; button.textContent = state.data.over ? "Play again" : "Go on"; };
  const start = () => {
    if (state.running) return stop();
    state.running = true;
    button.textContent = "Pause";
    stick.focus({ preventScroll: true });
    if (state.data.over) { state.waiting = 0; state.send({ game: state.data.game + 1, count: 0, action: 0 }); }
    else tick();
  };
  button.onclick = start;
  stick.onkeydown = (event) => {
    const word = KEYS[event.key];
    if (!word || event.target === button) return;
    event.preventDefault();
    state.down.add(word);
    if (!state.running && !event.repeat) start();
  };
  stick.onkeyup = (event) => state.down.delete(KEYS[event.key]);
  stick.onblur = () => state.down.clear();

  state.show = (data) => {
    const first = state.data === null;
    state.data = data;
    image.src = data.screen;
    find("points").textContent = `${data.points} ${data.points === "1" ? "point" : "points"} · ${data.count} moves`;
    if (first) {
      find("pads").replaceChildren(...data.actions.map((name, i) => {
        const pad = document.createElement("button");
        pad.type = "button"; pad.textContent = name;
        pad.onpointerdown = (event) => {
          event.preventDefault();
          state.down = new Set(name === "nothing" ? [] : name.split(" "));
          if (!state.running) start();
        };
        pad.onpointerup = pad.onpointerleave = () => state.down.clear();
        return pad;
      }));
    }
    if (data.over) { find("points").textContent += " · the end"; return stop(); }
    if (state.running && data.count === state.waiting)
      setTimeout(tick, Math.max(0, 1000 / data.rate - (performance.now() - state.since)));
  };
  return state;
}

export default function ({ data, parentElement, setStateValue }) {
  if (!sticks.has(parentElement)) sticks.set(parentElement, mount(parentElement));
  const state = sticks.get(parentElement);
  state.send = (asked) => setStateValue("asked", asked);
  state.show(data);
}
