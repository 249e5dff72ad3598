// The search field above the table: what may stand at the cursor is offered, and what is wrong is marked in its place.
// `told` is called with the text and the cursor, once the person pauses; `leave`, to go on to the table.
const TYPING_MS = 90;
const HINT = "Words are found anywhere in a run. Names compare: metrics. params. tags. attributes. – joined by and, or, not and brackets.";
const FIELD = `
  <label class="field">
    <svg viewBox="0 0 16 16" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round"><circle cx="7" cy="7" r="4.5"/><path d="m10.5 10.5 3.5 3.5"/></svg>
    <div class="marks" aria-hidden="true"></div>
    <input role="combobox" aria-label="Find runs" aria-expanded="false" aria-autocomplete="list" aria-controls="options"
      aria-describedby="mistake" autocomplete="off" autocapitalize="off" spellcheck="false"><kbd title="Press / to search">/</kbd>
    <button type="button" class="clear" aria-label="Clear the search" hidden>✕</button>
  </label>
  <ul class="options" id="options" role="listbox" aria-label="What may stand here" hidden></ul>
  <p class="mistake" id="mistake" role="status"></p>`;

function mountSearch(root, table, told, leave) {
  const search = document.createElement("div");
  search.className = "search";
  search.innerHTML = FIELD;
  table.prepend(search);
  const $ = (selector) => search.querySelector(selector);
  const input = $("input"), marks = $(".marks"), options = $(".options"), mistake = $(".mistake"), clear = $(".clear");
  const me = { data: null, completion: null, shown: null, picked: -1, closed: false, sent: null };
  const made = (tag, text) => Object.assign(document.createElement(tag), { textContent: text });
  let typing;
  const typed = (delay = TYPING_MS) => {
    clearTimeout(typing);
    typing = setTimeout(() => {
      me.sent = input.value;
      told({ text: input.value, cursor: input.selectionStart });
    }, delay);
  };
  const drawMarks = () => {
    const wrong = me.data.mistake, text = input.value, holds = wrong && me.data.find === text && text;
    marks.replaceChildren();
    if (holds && wrong.start < text.length) {
      marks.append(text.slice(0, wrong.start), made("mark", text.slice(wrong.start, wrong.end)), text.slice(wrong.end));
    }
    mistake.classList.toggle("yet", !holds || (wrong.start >= text.length && root.activeElement === input));
    mistake.textContent = holds ? wrong.said : HINT; // where the hint stands, so that nothing jumps
    input.setAttribute("aria-invalid", String(Boolean(holds)));
    marks.scrollLeft = input.scrollLeft;
    clear.hidden = !text;
    $("kbd").hidden = Boolean(text);
  };
  const drawOptions = () => {
    const held = me.completion;
    const fits = held && root.activeElement === input && held.for.text === input.value && held.for.cursor === input.selectionStart;
    options.hidden = !fits || !held.options.length || me.closed;
    input.setAttribute("aria-expanded", String(!options.hidden));
    if (options.hidden) { input.removeAttribute("aria-activedescendant"); return; }
    if (me.shown !== held) me.picked = -1;
    me.shown = held;
    options.replaceChildren(...held.options.map((option, i) => {
      const line = made("li", option);
      line.id = `option-${i}`;
      line.setAttribute("role", "option");
      line.setAttribute("aria-selected", String(i === me.picked));
      line.onpointerdown = (event) => { event.preventDefault(); take(i); };
      return line;
    }));
    if (me.picked >= 0) {
      input.setAttribute("aria-activedescendant", `option-${me.picked}`);
      options.children[me.picked].scrollIntoView({ block: "nearest" });
    } else input.removeAttribute("aria-activedescendant");
  };
  const take = (i) => {
    const { start, end, options: told } = me.shown, option = told[i];
    const after = input.value.slice(end), open = /[.(]$/.test(option);
    input.value = input.value.slice(0, start) + option + (open || after.startsWith(" ") ? "" : " ") + after;
    const at = start + option.length + (open ? 0 : 1);
    input.setSelectionRange(at, at);
    drawMarks();
    typed(0);
  };
  input.oninput = () => { me.closed = false; drawMarks(); drawOptions(); typed(); };
  input.onscroll = () => { marks.scrollLeft = input.scrollLeft; };
  input.onfocus = () => { me.closed = false; typed(0); };
  input.onclick = () => { if (me.completion?.for.cursor !== input.selectionStart) typed(0); };
  input.onblur = () => { drawOptions(); drawMarks(); };
  input.onkeydown = (event) => {
    const open = !options.hidden, count = options.children.length;
    if (open && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      me.picked = event.key === "ArrowDown" ? (me.picked + 1) % count : (Math.max(me.picked, 0) + count - 1) % count;
      drawOptions();
    } else if (open && (event.key === "Tab" || event.key === "Enter") && (me.picked >= 0 || (event.key === "Tab" && input.value))) {
      take(Math.max(0, me.picked));
    } else if (event.key === "Escape") {
      if (open) { me.closed = true; drawOptions(); } else if (input.value) { input.value = ""; drawMarks(); typed(0); }
    } else if (event.key === "Enter" || (event.key === "ArrowDown" && !open)) {
      me.closed = true;
      leave();
    } else {
      if (event.key.startsWith("Arrow") || event.key === "Home" || event.key === "End") typed();
      return;
    }
    event.preventDefault();
  };
  clear.onclick = () => { input.value = ""; drawMarks(); typed(0); input.focus(); };
  document.addEventListener("keydown", function slash(event) {
    if (!table.isConnected) { document.removeEventListener("keydown", slash); return; }
    const inside = event.composedPath()[0];
    if (event.key !== "/" || event.ctrlKey || event.metaKey || /^(INPUT|TEXTAREA|SELECT)$/.test(inside.tagName) || inside.isContentEditable) return;
    event.preventDefault();
    input.focus();
    input.select();
  });

  return (data) => {
    const before = me.data;
    me.data = data;
    me.completion = data.completion ?? me.completion;
    if (!before || (data.find !== before.find && data.find !== me.sent && root.activeElement !== input)) input.value = data.find;
    input.placeholder = table.clientWidth < 520 ? "Words, or metrics.test/accuracy > 0.9"
      : 'Words, or metrics.test/accuracy > 0.9 and params.architecture = "lenet"';
    drawMarks();
    drawOptions();
  };
}
