// A table of which only the rows in sight are there. What a person does is shown at once and told to the server, one message
// at a time: with each the browser sends its address, which must hold what the answer to the one before has put there. The
// grid has the focus, and its active cell moves within it: rows come and go while one scrolls.
const tables = new WeakMap();
const WINDOW = 80, AROUND = 8, SCROLL_MS = 60, LOST_MS = 8000;
const ICONS = {
  star: '<svg viewBox="0 0 16 16"><path d="m8 1.8 1.9 4 4.3.5-3.2 3 .9 4.3L8 11.5l-3.9 2.1.9-4.3-3.2-3 4.3-.5Z"/></svg>',
  pencil: '<svg viewBox="0 0 16 16"><path d="m10.5 2.5 3 3L6 13l-3.5.5L3 10Z"/></svg>',
};
const EDITED = { run: "name", note: "note", tags: "tags" };

function make(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

function mount(root) {
  const table = make("div", "table");
  table.innerHTML = `
    <div class="frame"><div class="scroll" role="grid" tabindex="0" aria-label="Runs" aria-multiselectable="true">
      <div class="row head" role="row" aria-rowindex="1"></div><div class="body" role="rowgroup"></div>
      <div class="nothing" hidden>No run is like that. Take a filter away to see more.</div>
    </div></div>
    <div class="foot"><span class="said" role="status"></span><span class="acts"></span><span class="refused" role="alert"></span>
      <span class="keys"></span></div>`;
  root.append(table);
  const $ = (selector) => table.querySelector(selector);
  const scroll = $(".scroll"), head = $(".head"), body = $(".body"), foot = $(".acts");
  const me = { data: null, rows: new Map(), ticked: new Set(), acts: [], n: Date.now(), asked: 0, typed: null, told: null,
               news: false, flight: 0, send: () => {}, active: { row: 0, column: 0 }, anchor: 0, editing: null, widths: new Map() };

  const showSearch = mountSearch(root, table, (typed) => {
    me.typed = typed;
    if (typed.text !== me.data.find) top();
    tell();
  }, () => scroll.focus());

  // Telling the server

  const tell = () => {
    me.news = true;
    if (me.flight && performance.now() - me.left < LOST_MS) return; // when the answer has come
    me.news = false;
    me.flight = ++me.n;
    me.left = performance.now();
    me.send("told", { n: me.flight, window: me.asked, typed: me.typed, acts: [...me.acts] });
    me.told = me.typed;
  };
  const act = (kind, more) => {
    me.acts.push({ n: ++me.n, kind, ...more });
    tell();
  };
  const top = () => { scroll.scrollTop = 0; me.asked = 0; me.active.row = 0; };

  // The rows

  const height = () => parseFloat(getComputedStyle(table).getPropertyValue("--row"));
  const fit = () => {
    const { columns } = me.data, seen = [...me.rows.values()].slice(0, WINDOW);
    const widths = columns.map((column, i) => {
      if (seen.length) {
        const longest = Math.max(column.title.length + 3, ...seen.map((row) => (row.cells[i] ?? "").length + (column.kind === "state" ? 2 : 0)));
        const [low, high] = { run: [200, 340], note: [150, 300], tags: [120, 260] }[column.kind] ?? [72, 280];
        const wide = Math.round(Math.min(high, Math.max(low, longest * 7.4 + 22 + (column.kind === "run" ? 18 : 0))));
        me.widths.set(column.id, Math.max(wide, me.widths.get(column.id) ?? 0)); // a column may grow, but never jumps to and fro
      }
      return me.widths.get(column.id) ?? 120;
    });
    const narrow = table.clientWidth < 640;
    if (narrow && columns[0]?.kind === "run") widths[0] = Math.min(widths[0], 190);
    table.style.setProperty("--tools", "62px");
    table.style.setProperty("--least", `${62 + widths.reduce((sum, width) => sum + width, 0)}px`); // the same for every row
    table.style.setProperty("--columns", "62px " + widths.map((width, i) =>
      i === 0 && narrow ? `${width}px` : `minmax(${width}px, ${width}fr)`).join(" "));
  };
  const visible = () => {
    const high = height(), first = Math.floor(scroll.scrollTop / high);
    return [Math.max(0, first - AROUND), Math.min(me.data.total, first + Math.ceil(scroll.clientHeight / high) + AROUND)];
  };
  const drawBody = () => {
    const [first, last] = visible(), high = height();
    body.style.height = `${me.data.total * high}px`;
    const there = new Map([...body.children].map((element) => [Number(element.dataset.at), element]));
    for (let at = first; at < last; at++) {
      const row = me.rows.get(at), had = there.get(at);
      there.delete(at);
      if (me.editing && had?.contains(me.editing)) continue;
      const element = drawRow(at, row);
      element.style.top = `${at * high}px`;
      if (had) had.replaceWith(element); else body.append(element);
    }
    for (const [, element] of there) if (!me.editing || !element.contains(me.editing)) element.remove();
    drawActive();
    for (let at = first; at < last; at++) if (!me.rows.has(at)) { ask(first); break; }
  };
  let asking;
  const ask = (first) => {
    clearTimeout(asking);
    asking = setTimeout(() => {
      const start = Math.max(0, Math.min(first - 12, me.data.total - WINDOW));
      if (start !== me.asked) { me.asked = start; tell(); }
    }, SCROLL_MS);
  };
  const drawRow = (at, row) => {
    const element = make("div", "row"), { columns } = me.data;
    element.dataset.at = at;
    element.setAttribute("role", "row");
    element.setAttribute("aria-rowindex", at + 2);
    if (!row) { element.setAttribute("aria-busy", "true"); return element; }
    const tools = make("div", "cell tools");
    tools.setAttribute("role", "gridcell");
    if (row.group !== undefined) {
      element.classList.add("group");
      element.classList.toggle("open", me.rows.get(at + 1)?.id !== undefined);
      element.setAttribute("aria-expanded", String(element.classList.contains("open")));
      tools.append(make("span", "chevron", "›"));
    } else {
      const on = me.ticked.has(row.id);
      element.setAttribute("aria-selected", String(on));
      element.classList.toggle("within", Boolean(me.grouped));
      const tick = make("span", "tick"), star = make("button", row.star ? "star on" : "star");
      tick.title = on ? "Untick" : "Tick";
      star.type = "button"; star.tabIndex = -1; star.innerHTML = ICONS.star;
      star.title = row.star ? "Take the star away" : "Star";
      star.setAttribute("aria-label", star.title);
      star.setAttribute("aria-pressed", String(Boolean(row.star)));
      tools.append(tick, star);
    }
    element.append(tools);
    columns.forEach((column, i) => element.append(drawCell(row, column, i, at)));
    return element;
  };
  const drawCell = (row, column, i, at) => {
    const cell = make("div", `cell ${column.kind}`), text = row.cells[i] ?? "";
    cell.setAttribute("role", "gridcell");
    cell.id = `cell-${at}-${i}`;
    cell.title = row.hints?.[i] || text;
    if (i === 0) cell.classList.add("first");
    if (row.group !== undefined) {
      cell.append(make("span", "words", i === 0 ? row.group : text));
      if (i === 0) cell.append(make("span", "count", `${row.count.toLocaleString("en")} ${row.count === 1 ? "run" : "runs"}`));
      return cell;
    }
    if (i === 0 || column.kind === "run") {
      const dot = make("span", "dot");
      dot.style.background = row.colour;
      cell.append(dot);
    }
    if (column.kind === "run") {
      const link = make("a", "", text);
      link.href = new URL(`runs?run=${row.id}`, document.baseURI);
      link.tabIndex = -1;
      link.draggable = false;
      cell.append(link);
    } else if (column.kind === "state") {
      const state = make("span", "state", text);
      state.style.setProperty("--ink", `var(--st-${row.state}-text-color)`);
      state.style.setProperty("--ground", `var(--st-${row.state}-background-color)`);
      cell.append(state);
    } else if (column.kind === "tags" && text) {
      for (const tag of text.split(",")) cell.append(make("span", "tag", tag.trim()));
    } else cell.append(make("span", "words", text));
    if (EDITED[column.kind]) {
      const pencil = make("button", "pencil");
      pencil.type = "button"; pencil.tabIndex = -1; pencil.innerHTML = ICONS.pencil;
      pencil.title = `Change the ${EDITED[column.kind]} (F2)`;
      pencil.setAttribute("aria-label", pencil.title);
      cell.append(pencil);
    }
    return cell;
  };
  const drawActive = () => {
    table.querySelectorAll(".cell.active").forEach((cell) => cell.classList.remove("active"));
    const { row, column } = me.active;
    const line = row < 0 ? head : [...body.children].find((element) => Number(element.dataset.at) === row);
    const cell = line?.children[column + 1];
    if (!cell) { scroll.removeAttribute("aria-activedescendant"); return; }
    cell.classList.add("active");
    scroll.setAttribute("aria-activedescendant", cell.id);
    return cell;
  };
  const go = (row, column) => {
    const last = me.data.total - 1, high = height();
    me.active = { row: Math.max(-1, Math.min(last, row)), column: Math.max(0, Math.min(me.data.columns.length - 1, column)) };
    if (me.active.row >= 0) {
      const above = me.active.row * high, seen = scroll.clientHeight - high;
      if (above < scroll.scrollTop) scroll.scrollTop = above;
      else if (above + high > scroll.scrollTop + seen) scroll.scrollTop = above + high - seen;
    }
    drawBody();
    const cell = drawActive(), fixed = head.children[1];
    if (cell && cell !== head.children[1] && !cell.classList.contains("first")) {
      const left = cell.offsetLeft, border = fixed.offsetLeft - scroll.scrollLeft + fixed.offsetWidth;
      const hidden = Math.max(0, border);
      if (left - scroll.scrollLeft < hidden) scroll.scrollLeft = left - fixed.offsetWidth - 62;
      else if (left + cell.offsetWidth > scroll.scrollLeft + scroll.clientWidth) scroll.scrollLeft = left + cell.offsetWidth - scroll.clientWidth;
    }
  };
  scroll.onscroll = () => {
    scroll.classList.toggle("moved", scroll.scrollLeft > 0);
    closeMenu();
    requestAnimationFrame(drawBody);
  };
  new ResizeObserver(() => { if (me.data) { fit(); drawBody(); } }).observe(table);

  // What a person does to a row

  const tick = (at, range) => {
    const row = me.rows.get(at);
    if (!row) return;
    if (row.group !== undefined) {
      const on = !row.ids.every((id) => me.ticked.has(id));
      row.ids.forEach((id) => (on ? me.ticked.add(id) : me.ticked.delete(id)));
      act("tick", { ids: row.ids, on });
    } else if (range && me.anchor !== at) {
      const on = me.ticked.has(me.rows.get(me.anchor)?.id) || !me.ticked.has(row.id);
      for (let i = Math.min(at, me.anchor); i <= Math.max(at, me.anchor); i++) {
        const id = me.rows.get(i)?.id;
        if (id) on ? me.ticked.add(id) : me.ticked.delete(id);
      }
      act("range", { from: me.anchor, to: at, on });
    } else {
      const on = !me.ticked.has(row.id);
      on ? me.ticked.add(row.id) : me.ticked.delete(row.id);
      act("tick", { ids: [row.id], on });
    }
    me.anchor = at;
    drawBody(); drawFoot();
  };
  const star = (row) => {
    if (row?.id === undefined) return;
    row.star = !row.star;
    act("star", { ids: [row.id], on: row.star });
    drawBody();
  };
  const edit = (at, column) => {
    const row = me.rows.get(at);
    if (row?.id === undefined) return;
    const kinds = me.data.columns.map((shown) => shown.kind);
    if (!EDITED[kinds[column]]) column = kinds.indexOf("note");
    if (column < 0) return;
    go(at, column);
    const line = [...body.children].find((element) => Number(element.dataset.at) === at), cell = line.children[column + 1];
    const field = make("input");
    field.value = row.cells[column] ?? "";
    field.setAttribute("aria-label", `The ${EDITED[kinds[column]]} of ${row.cells[0]}`);
    field.placeholder = { note: "What is worth knowing", tags: "good, owner=Ada", run: "Name" }[kinds[column]];
    cell.replaceChildren(field);
    me.editing = field;
    const end = (keep) => {
      if (me.editing !== field) return;
      me.editing = null;
      if (keep && field.value !== (row.cells[column] ?? "")) {
        row.cells[column] = field.value;
        act(kinds[column], { id: row.id, text: field.value });
      }
      drawBody();
      scroll.focus({ preventScroll: true });
    };
    field.onkeydown = (event) => {
      event.stopPropagation();
      if (event.key === "Enter" || event.key === "Escape") { event.preventDefault(); end(event.key === "Enter"); }
    };
    field.onblur = () => end(true);
    field.focus();
    field.select();
  };
  const toggle = (row) => act("toggle", { group: row.group });
  const use = (at, range) => {
    const row = me.rows.get(at);
    if (row?.group !== undefined) toggle(row);
    else if (me.data.ticks || range) tick(at, range);
    else if (row) act("open", { id: row.id });
  };
  body.onclick = (event) => {
    const line = event.target.closest(".row"), cell = event.target.closest(".cell");
    if (!line || event.target.closest(".cell > input")) return;
    const at = Number(line.dataset.at), column = [...line.children].indexOf(cell) - 1;
    if (event.target.closest("a") && (event.ctrlKey || event.metaKey)) return; // another tab
    event.preventDefault();
    me.active = { row: at, column: Math.max(0, column) };
    if (event.target.closest(".star")) star(me.rows.get(at));
    else if (event.target.closest(".pencil")) edit(at, column);
    else if (cell?.classList.contains("tools") && me.rows.get(at)?.group === undefined) tick(at, event.shiftKey);
    else use(at, event.shiftKey);
    if (!me.editing) { scroll.focus({ preventScroll: true }); drawActive(); }
  };
  body.onmousedown = (event) => { if (event.shiftKey) event.preventDefault(); }; // no text is marked
  scroll.onkeydown = (event) => {
    if (event.target !== scroll) return;
    const { row, column } = me.active, page = Math.floor(scroll.clientHeight / height()) - 2, far = event.ctrlKey || event.metaKey;
    const shown = me.data.columns[column];
    if (row < 0 && shown) {
      const moved = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (event.shiftKey && moved) { event.preventDefault(); move(column, column + moved); return; }
      if (event.key === "Enter" || event.key === " ") { event.preventDefault(); sort(shown); return; }
      if (event.key === "Delete") { hide(column); return; }
      if (event.key === "m" || event.key === "ContextMenu") { event.preventDefault(); openMenu(column); return; }
    }
    const moves = { ArrowUp: [row - 1, column], ArrowDown: [row + 1, column], ArrowLeft: [row, column - 1], ArrowRight: [row, column + 1],
      PageUp: [Math.max(0, row - page), column], PageDown: [row + page, column],
      Home: far ? [0, column] : [row, 0], End: far ? [me.data.total - 1, column] : [row, me.data.columns.length - 1] };
    if (moves[event.key]) {
      event.preventDefault();
      go(...moves[event.key]);
      return;
    }
    if (far || event.altKey || row < 0) return;
    const keys = { " ": () => tick(row, event.shiftKey), Enter: () => { const held = me.rows.get(row); held?.group !== undefined ? toggle(held) : held && act("open", { id: held.id }); },
      s: () => star(me.rows.get(row)), n: () => edit(row, -1), F2: () => edit(row, column) };
    if (keys[event.key]) { event.preventDefault(); keys[event.key](); }
  };
  scroll.onfocus = drawActive;

  // Column names: sorted by a click, moved by dragging, and a menu

  const sort = (column, downward) => {
    const { sort: by, downward: down } = me.data;
    if (downward === undefined) {
      if (by !== column.id) downward = column.down;
      else if (down === column.down) downward = !down;
      else { top(); act("sort", { id: null }); return; }
    }
    top();
    act("sort", { id: column.id, downward });
  };
  const ids = () => me.data.columns.map((column) => column.id);
  const show = (names) => act("columns", { ids: names });
  const move = (from, to) => {
    const names = ids();
    if (to < 0 || to >= names.length || from === to) return;
    names.splice(to, 0, ...names.splice(from, 1));
    me.active.column = to;
    show(names);
  };
  const hide = (column) => { if (ids().length > 1) show(ids().filter((_, i) => i !== column)); };
  let dragged = null, menu = null;
  const closeMenu = () => { menu?.remove(); menu = null; head.querySelectorAll(".more").forEach((more) => more.setAttribute("aria-expanded", "false")); };
  const openMenu = (i) => {
    closeMenu();
    const column = me.data.columns[i], names = ids(), cell = head.children[i + 1];
    menu = make("div", "menu");
    menu.setAttribute("role", "menu");
    const item = (text, then, checked) => {
      const button = make("button", "", text);
      button.type = "button";
      button.setAttribute("role", checked === undefined ? "menuitem" : "menuitemradio");
      if (checked !== undefined) button.setAttribute("aria-checked", String(checked));
      button.onclick = () => { closeMenu(); scroll.focus({ preventScroll: true }); then(); };
      menu.append(button);
    };
    item("Smallest or first on top", () => sort(column, false));
    item("Largest or last on top", () => sort(column, true));
    if (column.metric) {
      const base = `metrics.${column.metric}`, how = column.id.slice(base.length + 1);
      const as = (id) => show(names.map((name) => (name === column.id ? id : name)));
      menu.append(make("hr"));
      item("Newest value", () => as(base), how === "");
      item("Best value", () => as(`${base}@best`), how === "best");
      const label = make("label", "", "At step"), step = make("input");
      step.type = "number"; step.min = 0; step.value = /^\d+$/.test(how) ? how : "";
      step.placeholder = "step, Enter";
      step.onkeydown = (event) => {
        if (event.key === "Enter" && /^\d+$/.test(step.value)) { const at = step.value; closeMenu(); scroll.focus(); as(`${base}@${at}`); }
      };
      label.append(step);
      menu.append(label);
    }
    menu.append(make("hr"));
    if (i > 0) item("Move left", () => move(i, i - 1));
    if (i < names.length - 1) item("Move right", () => move(i, i + 1));
    if (names.length > 1) item("Hide", () => hide(i));
    menu.onkeydown = (event) => {
      const items = [...menu.querySelectorAll("button, input")], here = items.indexOf(root.activeElement);
      if (event.key === "Escape") { closeMenu(); scroll.focus({ preventScroll: true }); }
      else if (event.key === "ArrowDown") items[(here + 1) % items.length].focus();
      else if (event.key === "ArrowUp") items[(here + items.length - 1) % items.length].focus();
      else return;
      event.preventDefault();
    };
    menu.onfocusout = (event) => { if (!menu?.contains(event.relatedTarget)) closeMenu(); };
    const frame = table.querySelector(".frame"), box = cell.getBoundingClientRect(), outer = table.getBoundingClientRect();
    menu.style.top = `${frame.offsetTop + height()}px`;
    table.append(menu);
    menu.style.left = `${Math.max(0, Math.min(box.left - outer.left, outer.width - menu.offsetWidth - 4))}px`;
    cell.querySelector(".more").setAttribute("aria-expanded", "true");
    menu.querySelector("button").focus({ preventScroll: true });
  };
  const drawHead = () => {
    const { columns, sort: by, downward } = me.data;
    const corner = make("div", "cell tools");
    corner.setAttribute("role", "columnheader");
    corner.setAttribute("aria-label", "Tick and star");
    head.replaceChildren(corner, ...columns.map((column, i) => {
      const cell = make("div", `cell ${column.kind}`), name = make("span", "name", column.title), more = make("button", "more", "⋮");
      if (i === 0) cell.classList.add("first");
      cell.id = `head-${i}`;
      cell.setAttribute("role", "columnheader");
      cell.setAttribute("aria-colindex", i + 2);
      cell.setAttribute("aria-sort", by !== column.id ? "none" : downward ? "descending" : "ascending");
      cell.title = column.id.includes(".") ? column.id : column.title;
      more.type = "button"; more.tabIndex = -1; // the name is none: Firefox drags nothing by a button
      name.onclick = () => { me.active = { row: -1, column: i }; sort(column); };
      more.setAttribute("aria-label", `Menu of ${column.title}`);
      more.setAttribute("aria-haspopup", "menu");
      more.onpointerdown = (event) => event.preventDefault();
      more.onclick = () => (more.getAttribute("aria-expanded") === "true" ? closeMenu() : openMenu(i));
      cell.draggable = true;
      cell.ondragstart = (event) => { dragged = i; event.dataTransfer.effectAllowed = "move"; event.dataTransfer.setData("text/plain", column.id); };
      cell.ondragover = (event) => { if (dragged !== null) { event.preventDefault(); cell.classList.add("over"); } };
      cell.ondragleave = () => cell.classList.remove("over");
      cell.ondragend = () => { dragged = null; };
      cell.ondrop = (event) => { event.preventDefault(); cell.classList.remove("over"); if (dragged !== null) move(dragged, i); dragged = null; };
      cell.append(...(column.kind === "number" ? [more, name] : [name, more]));
      return cell;
    }));
  };

  // Below the table

  const drawFoot = () => {
    const { data } = me, ids = [...me.ticked];
    $(".said").textContent = data.said;
    $(".refused").textContent = data.refused ?? "";
    foot.replaceChildren();
    if (ids.length) {
      const button = (text, then) => { const one = make("button", "", text); one.type = "button"; one.onclick = then; foot.append(one); };
      foot.append(make("span", "", `${ids.length} ticked`));
      if (!data.ticks) button("Compare", () => act("compare", {}));
      button("Star", () => act("star", { ids, on: true }));
      button(data.archived ? "Bring back" : "Archive", () => act("archive", { ids, on: !data.archived }));
      button("Untick", () => { me.ticked.clear(); act("tick", { ids, on: false }); drawBody(); drawFoot(); });
    }
  };
  $(".keys").innerHTML = "<b>↑↓←→</b> move · <b>space</b> tick · <b>enter</b> open · <b>s</b> star · <b>n</b> note · <b>F2</b> edit · <b>/</b> search";

  // What the server tells

  me.show = (data) => {
    const before = me.data;
    me.data = data;
    me.acts = me.acts.filter((one) => one.n > data.heard);
    if (data.heard >= me.flight) {
      me.flight = 0;
      if (me.typed === me.told) me.typed = null;
    }
    me.grouped = data.rows.some((row) => row.group !== undefined) || (me.grouped && before?.number === data.number);
    if (before?.number !== data.number) me.rows.clear();
    data.rows.forEach((row, i) => me.rows.set(data.start + i, row));
    if (!me.flight && !me.news) me.asked = data.start;
    if (!me.acts.length) me.ticked = new Set(data.ticked);
    const names = JSON.stringify([data.columns, data.sort, data.downward]);
    if (names !== me.names) { me.names = names; closeMenu(); fit(); drawHead(); } else if (before.number !== data.number) fit();
    scroll.setAttribute("aria-rowcount", data.total + 1);
    scroll.setAttribute("aria-colcount", data.columns.length + 1);
    $(".nothing").hidden = data.total > 0;
    showSearch(data); drawBody(); drawFoot();
    if (me.news && !me.flight) tell();
  };
  return me;
}

export default function ({ data, parentElement, setStateValue }) {
  if (!tables.has(parentElement)) tables.set(parentElement, mount(parentElement));
  const table = tables.get(parentElement);
  table.send = setStateValue;
  table.show(data);
}
