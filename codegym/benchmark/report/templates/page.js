"use strict";
// Draws everything on the page from the data that stands in it. Text of programs is only ever set as text.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const agents = data.agents;
  const measures = new Map(data.measures.map((one) => [one.name, one]));
  const DASHES = ["", "7 4", "2 3", "10 3 2 3", "14 4", "5 2 1 2", "1 4", "9 2 2 2 2 2"];
  const KINDS = {
    "right": "right",
    "wrong answer": "wrong",
    "run-time error": "runtime",
    "time limit": "limit",
    "memory limit": "limit",
    "output limit": "limit",
    "does not compile": "compile-0",
    "no verdict": "unknown",
  };
  const COMPILE_SHADES = 5;
  const FULL_COLOUR_REWARD = 0.05; // structure rarely moves by more in one step
  const SVG = "http://www.w3.org/2000/svg";

  // ---------------------------------------------------------------------------------------------- elements

  const find = (id) => document.getElementById(id);

  function fill(node, properties, children) {
    for (const [name, value] of Object.entries(properties)) {
      if (value === undefined || value === false) continue;
      if (name === "style") for (const [key, text] of Object.entries(value)) node.style.setProperty(key, text);
      else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
      else node.setAttribute(name, value === true ? "" : value);
    }
    node.append(...children.flat(2).filter((child) => child !== null && child !== undefined && child !== ""));
    return node;
  }

  const element = (tag, properties = {}, ...children) => fill(document.createElement(tag), properties, children);
  const drawing = (tag, properties = {}, ...children) => fill(document.createElementNS(SVG, tag), properties, children);
  const option = (value, label = value) => element("option", { value }, label);
  const colour = (agent) => ({ "--color": `var(--agent-${Math.max(agents.indexOf(agent), 0) % 8})` });
  // From the ninth agent on colours come again, with other dashes.
  const dash = (agent) => {
    const place = agents.indexOf(agent);
    return DASHES[(place + Math.floor(place / 8)) % DASHES.length];
  };
  const swatch = (agent) => element("i", { class: "swatch", style: colour(agent), "aria-hidden": "true" });
  const kindClass = (kind) => `fill-${KINDS[kind]}`;

  // Control characters and those that turn the direction of text are shown, not obeyed.
  function visible(text) {
    return text
      .replace(/[\u0000-\u0008\u000b-\u001f]/g, (one) => String.fromCharCode(0x2400 + one.charCodeAt(0)))
      .replace(/[\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, (one) => {
        return `⟨U+${one.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}⟩`;
      });
  }

  // ----------------------------------------------------------------------------------------------- numbers

  const isNumber = (value) => typeof value === "number";
  const minus = (text) => text.replace("-", "−");
  const percent = (value, digits = 1) => (isNumber(value) ? `${minus((100 * value).toFixed(digits))} %` : "–");
  const signed = (value, digits = 3) => (isNumber(value) ? (value > 0 ? "+" : "") + minus(value.toFixed(digits)) : "–");
  const points = (value) => `${value > 0 ? "+" : ""}${minus((100 * value).toFixed(1))}`;

  function plain(value) {
    if (!isNumber(value)) return "–";
    const size = Math.abs(value);
    return minus(value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2));
  }

  const format = (measure, value) => (measure.share ? percent(value) : plain(value));

  function interval(measure, estimate) {
    if (!estimate || !isNumber(estimate[1])) return "no interval";
    if (!measure.share) return `${plain(estimate[1])} to ${plain(estimate[2])}`;
    return `${minus((100 * estimate[1]).toFixed(1))} to ${percent(estimate[2])}`;
  }

  function ticksOf([low, high], count = 5) {
    const rough = (high - low) / count || 1;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 2.5, 5, 10].map((one) => one * power).find((one) => one >= rough * 0.999);
    const ticks = [];
    for (let place = Math.ceil(low / step - 1e-9); place * step <= high + step * 1e-6; place++) ticks.push(place * step + 0);
    return ticks;
  }

  // Widens a range so that it starts and ends at ticks.
  function nice(values, withZero) {
    const all = values.filter(isNumber).concat(withZero ? [0] : []);
    let [low, high] = [Math.min(...all), Math.max(...all)];
    if (!(high > low)) [low, high] = [low - 0.5, low + 0.5];
    const ticks = ticksOf([low, high]);
    const step = ticks.length > 1 ? ticks[1] - ticks[0] : high - low;
    return [Math.floor(low / step + 1e-9) * step, Math.ceil(high / step - 1e-9) * step];
  }

  // ------------------------------------------------------------------------------------------------- hints

  const hint = find("hint");

  function showHint(node) {
    hint.textContent = node.dataset.hint;
    hint.hidden = false;
    const box = node.getBoundingClientRect();
    const left = Math.min(Math.max(8, box.left + box.width / 2 - hint.offsetWidth / 2), innerWidth - hint.offsetWidth - 8);
    const above = box.top - hint.offsetHeight - 8;
    hint.style.left = `${left}px`;
    hint.style.top = `${above > 0 ? above : box.bottom + 8}px`;
  }

  const hideHint = () => { hint.hidden = true; };
  for (const [enter, leave] of [["mouseover", "mouseout"], ["focusin", "focusout"]]) {
    document.addEventListener(enter, (event) => {
      const node = event.target.closest("[data-hint]");
      if (node) showHint(node);
    });
    document.addEventListener(leave, hideHint);
  }
  document.addEventListener("scroll", hideHint, { passive: true });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") hideHint(); });

  // ------------------------------------------------------------------------------------------------ pieces

  // One of a group of buttons is in the tab order; arrow keys move between them.
  function rove(holder) {
    const buttons = () => [...holder.querySelectorAll("button")];
    const focus = (button) => {
      for (const one of buttons()) one.tabIndex = one === button ? 0 : -1;
      button.focus();
    };
    for (const [place, one] of buttons().entries()) one.tabIndex = place === 0 ? 0 : -1;
    holder.onkeydown = (event) => {
      const cell = event.target.closest("td, th");
      const row = event.target.closest("tr");
      const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -1, ArrowDown: 1 }[event.key];
      if (!step) return;
      event.preventDefault();
      if (event.key === "ArrowLeft" || event.key === "ArrowRight" || !row) {
        const line = row ? [...row.querySelectorAll("button")] : buttons();
        const next = line[line.indexOf(event.target.closest("button")) + step];
        if (next) focus(next);
        return;
      }
      for (let other = row; (other = step > 0 ? other.nextElementSibling : other.previousElementSibling); ) {
        const next = other.cells[cell.cellIndex].querySelector("button");
        if (next) { focus(next); return; }
      }
    };
  }

  function trackRow(name, estimate, domain, shown, description, style) {
    const place = (value) => `${(100 * (value - domain[0])) / (domain[1] - domain[0])}%`;
    const track = element("div", { class: "track", "data-hint": description, tabindex: 0, role: "img", "aria-label": description },
      ...ticksOf(domain).map((tick) => element("i", { class: tick === 0 && domain[0] < 0 ? "grid zero" : "grid", style: { left: place(tick) } })));
    if (estimate && isNumber(estimate[1])) {
      const width = (100 * (estimate[2] - estimate[1])) / (domain[1] - domain[0]);
      track.append(element("i", { class: "whisker", style: { left: place(estimate[1]), width: `${width}%`, ...style } }));
    }
    if (estimate) track.append(element("i", { class: "dot", style: { left: place(estimate[0]), ...style } }));
    return element("div", { class: "track-row" }, name, track, shown);
  }

  function trackAxis(domain, formatTick) {
    const place = (value) => `${(100 * (value - domain[0])) / (domain[1] - domain[0])}%`;
    const labels = ticksOf(domain).map((tick) => element("span", { style: { left: place(tick) } }, formatTick(tick)));
    return element("div", { class: "track-row track-axis", "aria-hidden": "true" }, element("span"), element("div", { class: "track" }, ...labels), element("span"));
  }

  const legendLine = (label, style, dashes) => element("span", { class: "key" },
    drawing("svg", { width: 28, height: 10, "aria-hidden": "true" },
      drawing("line", { x1: 1, x2: 27, y1: 5, y2: 5, "stroke-width": 2.5, "stroke-dasharray": dashes, style: { stroke: "var(--color)", ...style } })), label);

  // Lines with bands over a common axis. Pointer and arrow keys move a rule, and what lies under it is read out.
  function lineChart(holder, { label, series, x, y, height = 300, readout = true, onmove }) {
    const margin = { top: 12, right: 14, bottom: 40, left: 48 };
    const said = element("p", { class: "readout", "aria-live": "polite" });
    const box = element("div", { class: "chart", tabindex: readout ? 0 : undefined, role: readout ? "group" : "img", "aria-label": label });
    const all = [...new Set(series.flatMap((one) => one.points.map((point) => point[0])))].sort((one, other) => one - other);
    let at = null;
    let scale = null;

    function draw() {
      const width = Math.max(box.clientWidth, 240);
      const inner = { width: width - margin.left - margin.right, height: height - margin.top - margin.bottom };
      const toX = (value) => margin.left + (inner.width * (value - x.domain[0])) / (x.domain[1] - x.domain[0] || 1);
      const toY = (value) => margin.top + inner.height * (1 - (value - y.domain[0]) / (y.domain[1] - y.domain[0] || 1));
      scale = { toX, width, inner };
      const svg = drawing("svg", { viewBox: `0 0 ${width} ${height}`, height, "aria-hidden": "true" });
      for (const tick of ticksOf(y.domain, 4)) {
        svg.append(drawing("line", { class: "gridline", x1: margin.left, x2: width - margin.right, y1: toY(tick), y2: toY(tick) }),
          drawing("text", { x: margin.left - 8, y: toY(tick) + 4, "text-anchor": "end" }, y.format(tick)));
      }
      for (const tick of ticksOf(x.domain, width < 480 ? 4 : 8)) {
        svg.append(drawing("text", { x: toX(tick), y: height - margin.bottom + 18, "text-anchor": "middle" }, x.format(tick)));
      }
      svg.append(drawing("text", { x: width - margin.right, y: height - 4, "text-anchor": "end" }, x.label),
        drawing("line", { class: "gridline", x1: margin.left, x2: width - margin.right, y1: toY(y.domain[0]), y2: toY(y.domain[0]) }));
      for (const one of series.filter((each) => each.band)) {
        const edge = one.points.map(([value], place) => `${toX(value)},${toY(one.band[0][place])}`);
        const back = one.points.map(([value], place) => `${toX(value)},${toY(one.band[1][place])}`).reverse();
        svg.append(drawing("polygon", { class: "band", points: [...edge, ...back].join(" "), style: one.style }));
      }
      for (const one of series) {
        const line = one.points.map(([value, height]) => `${toX(value)},${toY(height)}`).join(" ");
        svg.append(drawing("polyline", { class: "curve", points: line, "stroke-dasharray": one.dash || "", style: one.style }));
        if (one.points.length === 1) {
          svg.append(drawing("circle", { class: "point", cx: toX(one.points[0][0]), cy: toY(one.points[0][1]), r: 4, style: one.style }));
        }
      }
      if (at !== null) {
        svg.append(drawing("line", { class: "rule", x1: toX(at), x2: toX(at), y1: margin.top, y2: height - margin.bottom }));
        for (const one of series) {
          const point = one.points.find((each) => each[0] === at);
          if (point) svg.append(drawing("circle", { class: "point", cx: toX(at), cy: toY(point[1]), r: 4, style: one.style }));
        }
      }
      box.replaceChildren(svg);
    }

    function mark(value, told = true) {
      at = value;
      draw();
      if (value === null) { said.textContent = ""; return; }
      const values = series.map((one) => [one.label, one.points.find((point) => point[0] === value)]).filter(([, point]) => point);
      said.textContent = `${x.name} ${x.format(value)}: ${values.map(([name, point]) => `${name} ${y.format(point[1], true)}`).join(", ")}`;
      if (told && onmove) onmove(value);
    }

    if (readout) {
      box.addEventListener("pointermove", (event) => {
        const left = event.clientX - box.getBoundingClientRect().left;
        const nearest = all.reduce((best, one) => (Math.abs(scale.toX(one) - left) < Math.abs(scale.toX(best) - left) ? one : best), all[0]);
        if (nearest !== undefined && nearest !== at) mark(nearest);
      });
      box.addEventListener("keydown", (event) => {
        const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
        if (!step) return;
        event.preventDefault();
        event.stopPropagation();
        const place = at === null ? (step > 0 ? 0 : all.length - 1) : all.indexOf(at) + step;
        if (all[place] !== undefined) mark(all[place]);
      });
    }
    const legend = element("div", { class: "legend" }, ...series.map((one) => legendLine(one.label, one.style, one.dash)));
    holder.replaceChildren(legend, box, ...(readout ? [said] : []));
    new ResizeObserver(draw).observe(box);
    draw();
    return { mark };
  }

  const percentTick = (value, fine) => percent(value, fine === true ? 1 : 0);
  const plainTick = (value, fine) => minus(fine === true ? value.toFixed(3) : String(Number(value.toPrecision(6))));
  const countTick = (value) => Math.round(value).toLocaleString("en");
  const nothing = (text) => element("p", { class: "nothing-found" }, text);

  function options(select, pairs) {
    select.replaceChildren(...pairs.map(([value, label]) => option(value, label)));
  }

  // ------------------------------------------------------------------------------------------- leaderboard

  function leaderboard() {
    const select = find("leaderboard-measure");
    options(select, data.measures.map((one) => [one.name, one.title]));
    const columns = data.measures.filter((one) => /^(compilation_rate|episode_return|syntax|dataflow|pass@\d+)$/.test(one.name));

    function order(measure) {
      const sign = measure.better === "lower" ? 1 : -1;
      const key = (row) => (row.iqm[measure.name] ? sign * row.iqm[measure.name][0] : Infinity);
      return [...data.leaderboard].sort((one, other) => (key(one) === key(other) ? 0 : key(one) - key(other)));
    }

    function troubles(row) {
      const text = ["crashed", "missing"].filter((name) => row.cells[name]).map((name) => `${row.cells[name]} ${name}`);
      return text.length ? element("span", { class: "badge bad" }, text.join(", ")) : null;
    }

    function draw() {
      const measure = measures.get(select.value);
      const rows = order(measure);
      const bounds = rows.flatMap((row) => row.iqm[measure.name] || []);
      const domain = measure.share ? [0, 1] : nice(bounds, true);
      find("leaderboard-about").textContent = `${measure.title}: ${measure.description}.`;
      find("leaderboard-chart").replaceChildren(...rows.map((row) => {
        const estimate = row.iqm[measure.name];
        const text = estimate
          ? `${row.agent}: ${format(measure, estimate[0])}, interval ${interval(measure, estimate)}, ${row.seeds.length} seed${row.seeds.length === 1 ? "" : "s"}`
          : `${row.agent}: no figure`;
        const name = element("div", { class: "track-name" }, swatch(row.agent), row.agent, " ", troubles(row), row.description !== row.agent ? element("small", {}, row.description) : null);
        const value = element("div", { class: "track-value" }, element("strong", {}, estimate ? format(measure, estimate[0]) : row.seeds.length ? "–" : "no rank"),
          estimate ? element("small", {}, interval(measure, estimate)) : null);
        return trackRow(name, estimate, domain, value, text, colour(row.agent));
      }), trackAxis(domain, measure.share ? percentTick : plainTick));

      const others = columns.filter((one) => one !== measure);
      const head = ["", "Agent", "Seeds", measure.title, "95 % interval", "Mean", ...others.map((one) => one.title), "Programs", "Learned from"];
      find("leaderboard-table").replaceChildren(
        element("thead", {}, element("tr", {}, ...head.map((text) => element("th", { scope: "col", class: text === "Agent" ? "text" : undefined }, text)))),
        element("tbody", {}, ...rows.map((row) => {
          const estimate = row.iqm[measure.name];
          const place = estimate ? 1 + rows.findIndex((one) => one.iqm[measure.name] && one.iqm[measure.name][0] === estimate[0]) : "–";
          return element("tr", { class: row.rank === null ? "unranked" : undefined },
            element("td", {}, String(place)),
            element("th", { scope: "row", class: "text" }, swatch(row.agent), row.agent, " ", troubles(row)),
            element("td", {}, `${row.seeds.length} of ${data.seeds}`),
            element("td", {}, element("strong", {}, estimate ? format(measure, estimate[0]) : "–")),
            element("td", {}, estimate ? interval(measure, estimate) : "–"),
            element("td", {}, row.mean[measure.name] ? format(measure, row.mean[measure.name][0]) : "–"),
            ...others.map((one) => element("td", {}, row.mean[one.name] ? format(one, row.mean[one.name][0]) : "–")),
            element("td", {}, row.programs.toLocaleString("en")),
            element("td", {}, row.learned ? Math.round(row.learned).toLocaleString("en") : "–"));
        })));
    }
    select.addEventListener("change", draw);
    draw();
  }

  // ---------------------------------------------------------------------------------------------- heat map

  function heatMap() {
    const select = find("heat-measure");
    const table = find("heat");
    options(select, data.measures.map((one) => [one.name, one.title]));
    const entries = new Map(data.entries.map((one) => [`${one.agent} ${one.environment}`, one]));

    function draw() {
      const measure = measures.get(select.value);
      const values = data.entries.map((one) => one.scores[measure.name]).filter(Boolean).map((one) => one[0]);
      const domain = measure.share ? [0, 1] : nice(values.length ? values : [0, 1], false);
      const text = measure.share ? percentTick : plain;
      const about = { higher: "Higher is better.", lower: "Lower is better.", neither: "" }[measure.better];
      find("heat-legend").replaceChildren(element("span", { class: "key" }, text(domain[0]), element("i", { class: "ramp" }), text(domain[1])),
        `${measure.title}: ${measure.description}. ${about}`);
      table.replaceChildren(
        element("thead", {}, element("tr", {}, element("th"), ...agents.map((agent) => element("th", { scope: "col" }, agent)))),
        element("tbody", {}, ...data.environments.map((environment) => element("tr", {}, element("th", { scope: "row" }, environment.label),
          ...agents.map((agent) => {
            const entry = entries.get(`${agent} ${environment.label}`);
            const estimate = entry && entry.scores[measure.name];
            if (!estimate) return element("td", {}, element("div", { class: "empty" }, "no figure"));
            const share = (estimate[0] - domain[0]) / (domain[1] - domain[0]);
            const said = `${agent} in ${environment.label}\n${measure.title} ${format(measure, estimate[0])}, interval ${interval(measure, estimate)}\n${entry.problems} problems, seeds: ${entry.seeds.join(", ")}`;
            return element("td", {}, element("button", {
              type: "button", class: share > 0.61 ? "deep" : undefined, style: { "--share": share.toFixed(3) }, "data-hint": said, "aria-label": said,
              onclick: () => browse({ environment: environment.label, agent }),
            }, measure.share ? (100 * estimate[0]).toFixed(1) : plain(estimate[0])));
          })))));
      rove(table);
    }
    select.addEventListener("change", draw);
    draw();
  }

  // ------------------------------------------------------------------------------------------------ curves

  function curves() {
    const holder = find("curve-chart");
    if (!data.curves.length) {
      find("curves-controls").hidden = true;
      find("curves-note").hidden = true;
      holder.replaceChildren(nothing("None of the agents learned."));
      return;
    }
    const environment = find("curve-environment");
    const metric = find("curve-metric");
    const titles = { solved: "Solved", task_return: "Return without KL", compilation_rate: "Compilation rate", kl: "KL", length: "Length" };
    const names = [...new Set(data.curves.flatMap((one) => Object.keys(one.series)))];
    options(environment, [...new Set(data.curves.map((one) => one.environment))].map((one) => [one, one]));
    options(metric, Object.keys(titles).filter((name) => names.includes(name)).map((name) => [name, titles[name]]));

    function draw() {
      const found = data.curves.filter((one) => one.environment === environment.value && one.series[metric.value]);
      if (!found.length) { holder.replaceChildren(nothing("No agent has this metric here.")); return; }
      const share = metric.value === "solved" || metric.value === "compilation_rate";
      const bounds = found.flatMap((one) => one.series[metric.value].flat());
      const most = Math.max(...found.flatMap((one) => one.episodes));
      lineChart(holder, {
        label: `Learning curves in ${environment.value}: ${titles[metric.value]}`,
        series: found.map((one) => ({
          label: `${one.agent} (${one.seeds.length} seed${one.seeds.length === 1 ? "" : "s"})`, style: colour(one.agent), dash: dash(one.agent),
          points: one.episodes.map((count, place) => [count, one.series[metric.value][0][place]]), band: one.series[metric.value].slice(1),
        })),
        x: { domain: [0, most], format: countTick, label: "programs learned from", name: "After" },
        y: { domain: share ? [0, 1] : nice(bounds, false), format: share ? percentTick : plainTick },
      });
    }
    environment.addEventListener("change", draw);
    metric.addEventListener("change", draw);
    draw();
  }

  // -------------------------------------------------------------------------------------------- comparison

  function profiles() {
    const holder = find("profile-chart");
    if (!data.profiles.length) { holder.replaceChildren(nothing("No agent is ranked.")); return; }
    lineChart(holder, {
      label: "Performance profiles",
      series: data.profiles.map((one) => ({
        label: one.agent, style: colour(one.agent), dash: dash(one.agent),
        points: one.thresholds.map((value, place) => [value, one.shares[place]]),
        band: one.low.every(isNumber) ? [one.low, one.high] : undefined,
      })),
      x: { domain: [0, 1], format: percentTick, label: "solved, more than", name: "More than" },
      y: { domain: [0, 1], format: percentTick },
    });
  }

  function improvements() {
    const table = find("improvement");
    const ranked = agents.filter((agent) => data.improvements.some((one) => one.ours === agent));
    if (!ranked.length) { table.replaceWith(nothing("Fewer than two agents are ranked.")); return; }
    const found = new Map(data.improvements.map((one) => [`${one.ours} ${one.theirs}`, one.probability]));
    table.replaceChildren(
      element("thead", {}, element("tr", {}, element("th"), ...ranked.map((agent) => element("th", { scope: "col" }, agent)))),
      element("tbody", {}, ...ranked.map((ours) => element("tr", {}, element("th", { scope: "row" }, ours), ...ranked.map((theirs) => {
        const estimate = found.get(`${ours} ${theirs}`);
        if (!estimate) return element("td", {}, element("div", { class: "empty", "aria-label": "itself" }));
        const said = `${ours} solves more than ${theirs}\nprobability ${percent(estimate[0])}, interval ${interval({ share: true }, estimate)}`;
        const side = estimate[0] >= 0.5 ? "var(--gain)" : "var(--loss)";
        return element("td", {}, element("button", {
          type: "button", class: "diverging", style: { "--side": side, "--share": Math.abs(2 * estimate[0] - 1).toFixed(3) }, "data-hint": said, "aria-label": said,
          onclick: () => chooseDuel(ours, theirs),
        }, (100 * estimate[0]).toFixed(0)));
      })))));
    rove(table);
  }

  const duelOurs = find("duel-ours");
  const duelTheirs = find("duel-theirs");

  function chooseDuel(ours, theirs) {
    duelOurs.value = ours;
    duelTheirs.value = theirs;
    drawDuel();
  }

  function turned(duel) {
    const back = (number) => (isNumber(number) ? -number + 0 : number);
    const estimate = ([value, low, high]) => [back(value), back(high), back(low)];
    return {
      ...duel, ours: duel.theirs, theirs: duel.ours, better: duel.worse, worse: duel.better,
      difference: estimate(duel.difference), over_seeds: estimate(duel.over_seeds),
    };
  }

  function otherSeeds(duel) {
    const [, low, high] = duel.over_seeds;
    return isNumber(low) ? ` That is of the seeds that were run; with other seeds, too, the 95 % interval is ${points(low)} to ${points(high)}.` : "";
  }

  function drawDuel() {
    const [ours, theirs] = [duelOurs.value, duelTheirs.value];
    const found = data.duels
      .filter((one) => (one.ours === ours && one.theirs === theirs) || (one.ours === theirs && one.theirs === ours))
      .map((one) => (one.ours === ours ? one : turned(one)));
    const overall = found.find((one) => !one.environment);
    if (!overall) {
      find("duel-sentence").textContent = ours === theirs ? "Choose two different agents." : "They have no problem in common.";
      find("duel-chart").replaceChildren();
      return;
    }
    const probability = (p) => (!isNumber(p) ? "–" : p < 0.001 ? "p < 0.001" : `p = ${p.toFixed(3)}`);
    const [value, low, high] = overall.difference;
    const range = isNumber(low) ? ` (95 % interval ${points(low)} to ${points(high)})` : "";
    const verdict = overall.different ? "The difference is real at the 5 % level" : "The two cannot be told apart at the 5 % level";
    find("duel-sentence").textContent = `Over ${overall.problems.toLocaleString("en")} problems, ${ours} solves ${points(Math.abs(value)).replace("+", "")} points ${value < 0 ? "less" : "more"} than ${theirs}${range}. `
      + `${verdict}: ${probability(overall.p)} after Holm's correction over all pairs.${otherSeeds(overall)}`;
    const bounds = found.flatMap((one) => one.difference).filter(isNumber);
    const most = Math.max(0.1, ...bounds.map(Math.abs));
    const domain = nice([-most, most], true);
    find("duel-chart").replaceChildren(...found.map((one) => {
      const counts = `${one.better} better, ${one.worse} worse, ${one.equal} equal`;
      const name = element("div", { class: "track-name" }, one.environment || "All environments", element("small", {}, counts));
      const said = `${one.environment || "All environments"}: ${points(one.difference[0])} points, ${counts}, ${probability(one.p)}`;
      const shown = element("div", { class: "track-value" }, element("strong", {}, points(one.difference[0])),
        element("small", {}, isNumber(one.difference[1]) ? `${points(one.difference[1])} to ${points(one.difference[2])}` : "no interval"),
        element("small", {}, probability(one.p)));
      const tone = !one.different ? "var(--quiet)" : one.difference[0] < 0 ? "var(--loss)" : "var(--gain)";
      return trackRow(name, one.difference, domain, shown, said, { "--color": tone });
    }), trackAxis(domain, (tick) => points(tick).replace(".0", "")),
      element("p", { class: "note" }, `Points of solved, ${ours} minus ${theirs}; to the right, ${ours} is better. In colour: different at the 5 % level after Holm's correction over the rows.`));
  }

  function duels() {
    for (const select of [duelOurs, duelTheirs]) {
      options(select, agents.map((agent) => [agent, agent]));
      select.addEventListener("change", drawDuel);
    }
    find("duel-swap").addEventListener("click", () => chooseDuel(duelTheirs.value, duelOurs.value));
    if (agents.length < 2) {
      find("duel-controls").hidden = true;
      find("duel-sentence").textContent = "There is only one agent.";
      return;
    }
    const ranking = data.leaderboard.map((row) => row.agent);
    chooseDuel(ranking[0], ranking[1]);
  }

  // ---------------------------------------------------------------------------------------------- failures

  function failures() {
    const select = find("failure-language");
    const languages = [...new Set(data.verdicts.map((one) => one.language))];
    options(select, languages.map((name) => [name, data.titles[name]]));
    if (!languages.length) {
      select.parentElement.hidden = true;
      find("failure-bars").replaceChildren(nothing("There are no programs."));
      return;
    }

    function draw() {
      const language = select.value;
      const rows = data.verdicts.filter((one) => one.language === language);
      const classes = data.errors.filter((one) => one.language === language);
      const shade = new Map(classes.map((one, place) => [one.name, `fill-compile-${Math.min(place, COMPILE_SHADES - 1)}`]));
      const parts = (row) => [
        ...data.kinds.filter((kind) => kind !== "does not compile" && kind !== "no verdict" && row.kinds[kind]).map((kind) => [kind, row.kinds[kind], kindClass(kind)]),
        ...classes.filter((one) => row.errors[one.name]).map((one) => [`does not compile: ${one.name}`, row.errors[one.name], shade.get(one.name)]),
        ...(row.kinds["no verdict"] ? [["no verdict", row.kinds["no verdict"], kindClass("no verdict")]] : []),
      ];
      const keys = new Map(rows.flatMap((row) => parts(row).map(([label, , name]) => [label, name])));
      const ordered = [...data.kinds.slice(0, -1), ...classes.map((one) => `does not compile: ${one.name}`), "no verdict"].filter((label) => keys.has(label));
      find("failure-legend").replaceChildren(...ordered.map((label) => element("span", { class: `key ${keys.get(label)}` }, element("i", { class: "box" }), label)));
      find("failure-bars").replaceChildren(...rows.map((row) => {
        const bar = element("div", { class: "bar", role: "group", "aria-label": row.agent }, ...parts(row).map(([label, count, name]) => {
          const said = `${row.agent}: ${label}\n${count.toLocaleString("en")} of ${row.programs.toLocaleString("en")} programs, ${percent(count / row.programs)}`;
          return element("button", {
            type: "button", class: name, style: { width: `${(100 * count) / row.programs}%` }, "data-hint": said, "aria-label": said,
            onclick: () => browse({ agent: row.agent, verdict: label, language }),
          });
        }));
        rove(bar);
        const right = row.kinds.right || 0;
        return element("div", { class: "bar-row" }, element("strong", {}, row.agent), bar, element("span", { class: "share" }, `${percent(right / row.programs)} right`));
      }));
      find("failure-errors").replaceChildren(...(classes.length ? classes.map((one) => element("div", { class: "error-class" },
        element("div", {}, element("strong", {}, one.name), element("span", {}, `${one.programs.toLocaleString("en")} programs, ${percent(one.share)} of those that do not compile`)),
        element("ul", {}, ...one.examples.map((message) => element("li", {}, element("code", {}, visible(message)))))))
        : [nothing("Every program compiles.")]));
    }
    select.addEventListener("change", draw);
    draw();
  }

  // ---------------------------------------------------------------------------------------------- red team

  function redTeam() {
    if (!data.red_team) return;
    const { scorers, opponents, exploits, findings } = data.red_team;
    const table = find("red-team-table");
    const select = find("red-team-opponent");
    const titles = { wrong: "give wrong answers", poor: "have several bugs", broken: "do not compile" };
    options(select, opponents.map((one) => [one, titles[one] || one]));

    function cell(exploit, scorer) {
      const estimate = (exploit.shares[select.value] || {})[scorer];
      if (!estimate) return element("td", {}, element("div", { class: "empty" }, "–"));
      const said = `${exploit.name}, ${scorer}: ${percent(estimate[0])}\ninterval ${interval({ share: true }, estimate)}${exploit.trick ? `\n${exploit.trick}` : ""}`;
      return element("td", {}, element("button", {
        type: "button", class: estimate[0] > 0.61 ? "deep" : undefined, style: { "--share": estimate[0].toFixed(3) }, "data-hint": said, "aria-label": said,
      }, (100 * estimate[0]).toFixed(0)));
    }

    function draw() {
      table.replaceChildren(
        element("thead", {}, element("tr", {}, element("th"), ...scorers.map((name) => element("th", { scope: "col" }, name.replaceAll("_", " "))))),
        element("tbody", {}, ...exploits.map((one) => element("tr", {}, element("th", { scope: "row" }, one.name.replaceAll("_", " ")), ...scorers.map((scorer) => cell(one, scorer))))));
      rove(table);
      const losses = findings.filter((one) => one.opponent === select.value);
      find("red-team-findings").replaceChildren(...(losses.length ? losses.map((one) => element("details", {},
        element("summary", {}, element("strong", {}, one.exploit.replaceAll("_", " ")), ` in ${one.environment}, ${one.scorer}: ${plain(one.earned)} against ${plain(one.honest)}`),
        element("p", { class: "note" }, `${visible(one.problem)}. Problems on which it is so: ${Object.entries(one.won).map(([name, count]) => `${count} in ${name}`).join(", ")}. Verdict: ${one.status.replaceAll("_", " ")}. The expert's program earns ${plain(one.right)}.`),
        element("pre", { class: "text", tabindex: 0 }, visible(one.answer)))) : [nothing("Nowhere.")]));
    }
    select.addEventListener("change", draw);
    draw();
  }

  // ---------------------------------------------------------------------------------------------- programs

  const list = find("episode-list");
  const filters = { environment: find("filter-environment"), agent: find("filter-agent"), verdict: find("filter-verdict"), seed: find("filter-seed") };
  const search = find("search");
  const more = find("episode-more");
  const LISTED = 200;
  const COLUMN = { syntax: "Syntax tree", dataflow: "Data flow", kl: "KL", compilation: "Verdict", unit_tests: "Verdict", adaptive_unit_tests: "Verdict" };
  let found = [];
  let current = null;
  let colourBy = "all";
  let onlyLanguage = "";

  const hashOf = (episode) => `#episode/${episode.agent}/${episode.environment}/${episode.seed}/${episode.place}`;
  const verdictOf = (episode) => (episode.error ? `${episode.kind}: ${episode.error}` : episode.kind);
  const problemOf = (episode) => (data.problems[episode.environment] || {})[episode.problem];
  const termTitle = (name) => COLUMN[name] || name;

  function unpack(episode) {
    const terms = {};
    for (const [name, pairs] of Object.entries(episode.terms)) {
      terms[name] = new Array(episode.pieces.length).fill(0);
      for (let place = 0; place < pairs.length; place += 2) terms[name][pairs[place]] = pairs[place + 1];
    }
    return terms;
  }

  function textOf(episode) {
    if (episode.text === undefined) {
      const problem = problemOf(episode);
      const messages = episode.diagnostics.map((one) => one.message);
      episode.text = [episode.problem, episode.agent, episode.environment, verdictOf(episode), episode.pieces.join(""), ...messages,
        ...(problem ? [problem.prompt, problem.prefix, problem.suffix, problem.reference] : [])].join("\n").toLowerCase();
    }
    return episode.text;
  }

  function matches(episode, words) {
    const language = data.environments.find((one) => one.label === episode.environment).language;
    return (!filters.environment.value || episode.environment === filters.environment.value)
      && (!filters.agent.value || episode.agent === filters.agent.value)
      && (!filters.seed.value || String(episode.seed) === filters.seed.value)
      && (!filters.verdict.value || episode.kind === filters.verdict.value || verdictOf(episode) === filters.verdict.value)
      && (!onlyLanguage || language === onlyLanguage)
      && words.every((word) => textOf(episode).includes(word));
  }

  function rowOf(episode) {
    return element("li", {}, element("button", {
      type: "button", class: kindClass(episode.kind), tabindex: -1, onclick: () => choose(episode, true),
    },
      element("span", { class: "line" }, element("span", {}, episode.agent), element("span", {}, verdictOf(episode))),
      element("small", {}, `${episode.environment}, seed ${episode.seed}`), element("small", { class: "uri" }, visible(episode.problem))));
  }

  // Lists at least so many of the programs found; a page draws thousands of rows too slowly to search while typing.
  function extend(length) {
    const end = Math.min(found.length, length);
    for (let place = list.children.length; place < end; place++) list.append(rowOf(found[place]));
    const rest = found.length - list.children.length;
    more.hidden = !rest;
    more.textContent = `Show ${Math.min(rest, LISTED).toLocaleString("en")} more`;
  }

  function listed() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    found = data.episodes.filter((episode) => matches(episode, words));
    list.replaceChildren();
    extend(LISTED);
    const total = data.episodes.length.toLocaleString("en");
    const language = onlyLanguage ? ` in ${data.titles[onlyLanguage]}` : "";
    find("episode-count").textContent = `${found.length.toLocaleString("en")} of ${total} programs${language}`;
    if (!found.length) { current = null; find("episode").replaceChildren(nothing("No program fits the search and the filters.")); return; }
    show(found.includes(current) ? current : found[0]);
  }

  function choose(episode, told) {
    if (told) history.replaceState(null, "", hashOf(episode));
    show(episode);
  }

  // Goes to a program of the list, `step` places from the one that is shown.
  function go(step, focused) {
    const next = found[found.indexOf(current) + step];
    if (!next) return;
    choose(next, true);
    if (focused) list.children[found.indexOf(next)].firstChild.focus();
  }

  // Shows the programs behind a figure.
  function browse({ environment = "", agent = "", verdict = "", language = "" }) {
    clear();
    filters.environment.value = environment;
    filters.agent.value = agent;
    if (verdict) {
      if (![...filters.verdict.options].some((one) => one.value === verdict)) filters.verdict.append(option(verdict));
      filters.verdict.value = verdict;
    }
    onlyLanguage = language;
    listed();
    hideHint();
    find("episodes").scrollIntoView();
    filters.environment.focus({ preventScroll: true });
  }

  function clear() {
    search.value = "";
    onlyLanguage = "";
    for (const select of Object.values(filters)) select.value = "";
  }

  function programOf(episode, problem, terms, readout) {
    const names = colourBy === "all" ? Object.keys(terms) : [colourBy].filter((name) => terms[name]);
    const rewards = episode.pieces.map((_, place) => names.reduce((sum, name) => sum + terms[name][place], 0));
    const tokens = episode.pieces.map((piece, place) => {
      const reward = rewards[place];
      const last = place === episode.pieces.length - 1;
      const blank = piece.startsWith("\n") && !piece.trim() ? " blank" : "";
      return element("span", {
        class: `token${blank}${piece ? "" : last ? " nothing" : " nothing inner"}`, "data-hint": describe(episode, terms, place), "data-place": place,
        style: reward ? { "--side": reward > 0 ? "var(--gain)" : "var(--loss)", "--share": Math.min(1, Math.abs(reward) / FULL_COLOUR_REWARD).toFixed(3) } : {},
      }, visible(piece));
    });
    const begins = new Map();  // the first token of each turn but the first, where there are several
    episode.turns.slice(0, -1).reduce((sum, length, turn) => { begins.set(sum + length, turn + 2); return sum + length; }, 0);
    const heading = (turn) => element("span", { class: "turn" }, `turn ${turn}`);
    const written = tokens.flatMap((token, place) => begins.has(place) ? [heading(begins.get(place)), token] : [token]);
    const pre = element("pre", { class: "program", tabindex: 0, "aria-label": "Program; arrow keys go from token to token" },
      begins.size ? heading(1) : null,
      problem && problem.prefix ? element("span", { class: "given" }, visible(problem.prefix)) : null, ...written,
      problem && problem.suffix ? element("span", { class: "given" }, visible(problem.suffix)) : null);
    let at = -1;
    const select = (place) => {
      if (!tokens[place]) return;
      if (tokens[at]) tokens[at].classList.remove("current");
      at = place;
      tokens[at].classList.add("current");
      readout.textContent = describe(episode, terms, at).replaceAll("\n", "  ");
    };
    return { pre, select, step: (step) => select(at < 0 ? (step > 0 ? 0 : tokens.length - 1) : at + step), at: () => at };
  }

  function describe(episode, terms, place) {
    const parts = Object.entries(terms).filter(([, values]) => values[place]).map(([name, values]) => `${termTitle(name)} ${signed(values[place])}`);
    const sum = Object.values(terms).reduce((total, values) => total + values[place], 0);
    return `Token ${place + 1} of ${episode.pieces.length} ${JSON.stringify(visible(episode.pieces[place]))}\n${parts.join(", ") || "earned nothing"}${parts.length > 1 ? `; together ${signed(sum)}` : ""}`;
  }

  function show(episode) {
    const place = found.indexOf(episode);
    if (place >= list.children.length) extend(place + LISTED);
    if (current !== episode) hideHint();
    current = episode;
    for (const [index, row] of [...list.children].entries()) {
      row.firstChild.setAttribute("aria-current", index === place ? "true" : "false");
      row.firstChild.tabIndex = index === place ? 0 : -1;
    }
    const row = list.children[place];
    if (row) list.scrollTop = Math.max(0, row.offsetTop - list.clientHeight / 3);
    find("episode").replaceChildren(...detail(episode, place));
  }

  function detail(episode, place) {
    const problem = problemOf(episode);
    const terms = unpack(episode);
    const names = Object.keys(terms);
    if (colourBy !== "all" && !terms[colourBy]) colourBy = "all";
    const readout = element("p", { class: "readout", "aria-live": "polite" });
    const chartHolder = element("div");
    const programHolder = element("div");
    const by = element("select", {}, option("all", "all terms"), ...names.map((name) => option(name, termTitle(name))));
    by.value = colourBy;
    let program = null;
    let chart = null;

    function drawProgram() {
      const at = program ? program.at() : -1;
      program = programOf(episode, problem, terms, readout);
      const move = (to) => { if (chart) chart.mark(to + 1, false); };
      program.pre.addEventListener("keydown", (event) => {
        const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
        if (!step) return;
        event.preventDefault();
        program.step(step);
        move(program.at());
      });
      program.pre.addEventListener("click", (event) => {
        const token = event.target.closest(".token");
        if (token) { program.select(Number(token.dataset.place)); move(program.at()); }
      });
      programHolder.replaceChildren(program.pre);
      if (at >= 0) program.select(at);
    }
    by.addEventListener("change", () => { colourBy = by.value; drawProgram(); });
    drawProgram();

    const styles = ["--agent-0", "--agent-2", "--agent-4", "--agent-3", "--agent-6", "--agent-7"];
    if (names.length && episode.pieces.length) {
      const series = names.map((name, index) => {
        let sum = 0;
        return { label: termTitle(name), style: { "--color": `var(${styles[index % styles.length]})` }, dash: DASHES[index % DASHES.length],
          points: [[0, 0], ...terms[name].map((value, token) => [token + 1, (sum += value)])] };
      });
      queueMicrotask(() => {
        chart = lineChart(chartHolder, {
          label: "What the terms have paid up to each token", height: 220, series,
          x: { domain: [0, episode.pieces.length], format: countTick, label: "tokens written", name: "Up to token" },
          y: { domain: nice(series.flatMap((one) => one.points.map((point) => point[1])), true), format: plainTick },
          onmove: (token) => program.select(token - 1),
        });
      });
    }
    const same = data.episodes.filter((one) => one.environment === episode.environment && one.problem === episode.problem);
    const tests = episode.total && episode.kind !== "does not compile" ? `, ${episode.passed} of ${episode.total} tests passed` : "";
    const shownMeasures = Object.entries(episode.measures).filter(([name]) => measures.has(name) && !["solved", "compilation_rate"].includes(name));
    return [
      element("div", { class: "episode-head" },
        element("div", {},
          element("h3", {}, element("span", { class: kindClass(episode.kind) }, element("i", { class: "swatch" })), verdictOf(episode), tests),
          element("p", {}, `${episode.agent} in ${episode.environment}, seed ${episode.seed}${data.samples > 1 ? `, sample ${episode.sample}` : ""}`),
          element("p", {}, visible(episode.problem), " · ", element("a", { href: hashOf(episode) }, "link to this program"))),
        element("div", { class: "steps" },
          element("button", { type: "button", id: "previous", disabled: place <= 0, onclick: () => { go(-1); keepFocus("previous"); } }, "← Previous"),
          element("button", { type: "button", id: "next", disabled: place >= found.length - 1, onclick: () => { go(1); keepFocus("next"); } }, "Next →"))),
      ...(episode.diagnostics.length ? [element("h4", {}, "What the compiler says"), element("ul", { class: "diagnostics" }, ...episode.diagnostics.map((one) => element("li", {},
        element("code", {}, visible(one.message)), " ", element("span", { class: "where" }, `${one.severity}${one.line ? `, line ${one.line}` : ""}${one.column ? `, column ${one.column}` : ""}${one.code ? `, ${visible(one.code)}` : ""}`))))] : []),
      ...(episode.outcomes.some((one) => one !== "compile_error") ? [element("h4", {}, "Tests"), element("p", { class: "note" }, episode.outcomes.map((one, index) => `${index + 1}: ${one.replaceAll("_", " ")}`).join(" · "))] : []),
      element("div", { class: "heading" }, element("h4", {}, "Program"), element("label", {}, "Colour by ", by)),
      element("div", { class: "legend" }, element("span", { class: "key" }, `−${FULL_COLOUR_REWARD} and less`, element("i", { class: "ramp tokens" }), `+${FULL_COLOUR_REWARD} and more`), "reward of the token; grey text was given"),
      programHolder, readout,
      ...(names.length && episode.pieces.length ? [element("h4", {}, "What the terms have paid up to each token"), chartHolder, termsTable(episode, terms, names)] : []),
      ...(episode.program ? [element("h4", {}, "What was judged"), element("pre", { class: "text", tabindex: 0 }, visible(episode.program))] : []),
      ...(problem ? [element("h4", {}, "Prompt"), element("pre", { class: "text", tabindex: 0 }, visible(problem.prompt)),
        element("h4", {}, "Reference"), element("pre", { class: "text", tabindex: 0 },
          problem.prefix ? element("span", { class: "given" }, visible(problem.prefix)) : null, visible(problem.reference),
          problem.suffix ? element("span", { class: "given" }, visible(problem.suffix)) : null)] : []),
      ...(shownMeasures.length ? [element("h4", {}, "Measures"), element("dl", { class: "figures" }, ...shownMeasures.map(([name, value]) =>
        element("div", {}, element("dt", {}, measures.get(name).title), element("dd", {}, format(measures.get(name), value)))))] : []),
      ...(same.length > 1 ? [element("h4", {}, "The same problem, by everyone"), element("dl", { class: "others" }, ...agents.filter((agent) => same.some((one) => one.agent === agent)).map((agent) => [
        element("dt", {}, agent),
        element("dd", {}, ...same.filter((one) => one.agent === agent).map((one) => element("a", {
          href: hashOf(one), class: kindClass(one.kind), title: verdictOf(one), "aria-current": one === episode ? "true" : undefined,
        }, element("i", { class: "box" }), `seed ${one.seed}${data.samples > 1 ? `, sample ${one.sample}` : ""}`))),
      ]))] : []),
    ];
  }

  // Focus stays on a button that is drawn anew; at the end of the list it goes to the other one.
  function keepFocus(id) {
    const button = find(id);
    (button.disabled ? find(id === "next" ? "previous" : "next") : button).focus();
  }

  function termsTable(episode, terms, names) {
    const details = element("details", {}, element("summary", {}, "As a table"));
    details.addEventListener("toggle", () => {
      if (!details.open || details.children.length > 1) return;
      const rows = episode.pieces.map((piece, place) => element("tr", {}, element("td", {}, String(place + 1)), element("td", { class: "text" }, JSON.stringify(visible(piece))),
        ...names.map((name) => element("td", {}, terms[name][place] ? signed(terms[name][place], 4) : "0")),
        element("td", {}, signed(names.reduce((sum, name) => sum + terms[name][place], 0), 4))));
      details.append(element("div", { class: "table-box", tabindex: 0 }, element("table", {},
        element("thead", {}, element("tr", {}, element("th", {}, "Token"), element("th", { class: "text" }, "Text"), ...names.map((name) => element("th", {}, termTitle(name))), element("th", {}, "Sum"))),
        element("tbody", {}, ...rows))));
    });
    return details;
  }

  function followHash() {
    const [kind, agent, environment, seed, place] = location.hash.slice(1).split("/");
    if (kind !== "episode") return;
    const wanted = data.episodes.find((one) => one.agent === agent && one.environment === environment && String(one.seed) === seed && String(one.place) === place);
    if (!wanted) return;
    if (!found.includes(wanted)) { clear(); listed(); }
    show(wanted);
    find("episodes").scrollIntoView({ behavior: "instant" });
  }

  function programs() {
    const verdicts = [...new Set(data.episodes.map(verdictOf))].sort();
    const kinds = data.kinds.filter((kind) => data.episodes.some((one) => one.kind === kind));
    const any = (label) => [["", label]];
    options(filters.environment, [...any("all"), ...data.environments.map((one) => [one.label, one.label])]);
    options(filters.agent, [...any("all"), ...agents.map((agent) => [agent, agent])]);
    options(filters.verdict, [...any("all"), ...kinds.flatMap((kind) => [[kind, kind], ...verdicts.filter((one) => one.startsWith(`${kind}: `)).map((one) => [one, one])])]);
    options(filters.seed, [...any("all"), ...Array.from({ length: data.seeds }, (_, seed) => [String(seed), String(seed)])]);
    for (const select of Object.values(filters)) select.addEventListener("change", listed);
    search.addEventListener("input", listed);
    find("filter-clear").addEventListener("click", () => { clear(); listed(); });
    more.addEventListener("click", () => extend(list.children.length + LISTED));
    list.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step) { event.preventDefault(); go(step, true); }
    });
    document.addEventListener("keydown", (event) => {
      const writing = event.target.closest("input, select, textarea") || event.ctrlKey || event.metaKey || event.altKey;
      const step = { j: 1, k: -1 }[event.key];
      if (step && !writing) go(step, list.contains(document.activeElement));
    });
    addEventListener("hashchange", followHash);
    listed();
    followHash();
  }

  // ------------------------------------------------------------------------------------------------- theme

  function theme() {
    const button = find("theme");
    const choices = [["light dark", "as the system"], ["light", "light"], ["dark", "dark"]];
    let chosen = 0;
    button.addEventListener("click", () => {
      chosen = (chosen + 1) % choices.length;
      document.documentElement.style.colorScheme = choices[chosen][0];
      button.setAttribute("aria-label", `Colours: ${choices[chosen][1]}`);
    });
  }

  for (const part of [theme, leaderboard, heatMap, curves, profiles, improvements, duels, failures, redTeam, programs]) part();
})();
