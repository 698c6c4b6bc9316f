/* Alerts in the browser: choosing rows, keys, deeds, undo, and the address that carries the view.
   One listener serves all rows; what is wanted goes into a store, and the server paints what came of it. */
(function () {
  "use strict";
  var UNDO_SECONDS = 10, READ_SECONDS = 14, TYPING_MS = 300, MOST_MATCHING = 20000;
  var chosen = new Set(), everything = false, meansAll = false, current = null, anchor = null;
  var undoable = null, acting = [], saidAt = null, saidTimer = null, typingTimer = null, lastList = "", entering = null;
  var seenNow = null, offset = 0, pressed = { id: "", at: 0 }, drafts = new Map();
  var PARAMETERS = { "inbox-type": "type", "inbox-model": "model", "inbox-assignee": "assignee", "inbox-age": "age" };

  function screen() { return document.querySelector("[data-mc-alerts]"); }
  function prefix() { var found = screen(); return found && found.dataset.mcAlerts; }
  function may(deed) { var found = screen(); return !!found && found.dataset.mcMay.split(" ").indexOf(deed) >= 0; }
  function rows() { return Array.from(document.querySelectorAll("#inbox-rows > [data-id]")); }
  function rowOf(id) { return rows().find(function (row) { return row.dataset.id === id; }) || null; }
  function put(name, data) { window.dash_clientside.set_props(name, { data: data }); }
  function isPhone() { return window.matchMedia("(max-width: 760px)").matches; }
  function set(element, name, value) {
    if (!element) return;
    if (value === null) { if (element.hasAttribute(name)) element.removeAttribute(name); }
    else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
  }
  function write(element, text) { if (element && element.textContent !== text) element.textContent = text; }

  /* the address; without a query the inbox opens with the view that its reader begins with */
  function begin(found) {
    if (found.dataset.mcBegins && window.location.pathname === "/alerts" && !window.location.search) go(found.dataset.mcBegins, true);
  }
  function go(href, instead) {
    if (href === window.location.pathname + window.location.search) return;
    window.history[instead ? "replaceState" : "pushState"]({}, "", href);
    window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
  }
  function address(changes) {
    var query = new URLSearchParams(window.location.search);
    Object.keys(changes).forEach(function (name) {
      if (!changes[name] || changes[name] === "*") query.delete(name);
      else query.set(name, changes[name]);
    });
    var text = query.toString().replace(/%2C/g, ",");
    return "/alerts?" + (text || "tab=open");
  }
  function beside() { return prefix() === "inbox" ? new URLSearchParams(window.location.search).get("alert") : null; }
  function open(id, instead, byKey) {
    entering = byKey ? id : null;
    if (isPhone()) go("/alerts/" + id);
    else go(address({ alert: id }), instead);
    enter();
  }
  /* Whoever opens an alert by keyboard goes on reading there. */
  function enter() {
    var title = entering && document.getElementById("panel-title");
    if (!title || !document.querySelector('.mc-detail [data-alert="' + entering + '"]')) return;
    entering = null;
    title.focus({ preventScroll: true });
  }
  function close() {
    go(address({ alert: null }));
    focusRow(current && rowOf(current));
  }

  /* choosing */
  function focusRow(row) {
    if (!row) return;
    current = row.dataset.id;
    var link = row.querySelector(".mc-alert-title");
    if (link) link.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
    paint();
  }
  function move(step) {
    var all = rows(), at = all.findIndex(function (row) { return row.dataset.id === current; });
    if (!all.length) return;
    focusRow(all[at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + step, 0), all.length - 1)]);
    if (beside() && current !== beside()) open(current, true);
  }
  function choose(id, isTo) {
    if (isTo === undefined) isTo = !chosen.has(id);
    if (!isTo) everything = false;
    if (isTo) chosen.add(id);
    else chosen.delete(id);
  }
  function pick(row, isRange) {
    var all = rows(), from = all.findIndex(function (each) { return each.dataset.id === anchor; }), to = all.indexOf(row);
    if (isRange && from >= 0) all.slice(Math.min(from, to), Math.max(from, to) + 1).forEach(function (each) { choose(each.dataset.id, true); });
    else choose(row.dataset.id);
    anchor = current = row.dataset.id;
    paint();
  }
  function chooseAll(isTo) {
    chosen.clear();
    everything = false;
    if (isTo) takeShown();
    paint();
  }
  function takeShown() { rows().forEach(function (row) { if (!row.classList.contains("is-settled")) chosen.add(row.dataset.id); }); }
  /* all that match: what the list counted when it was asked for, not only what is on the screen */
  function chooseMatching() {
    chooseAll(true);
    everything = offered() > 0;
    paint();
  }
  function chooseMore() {
    if (!rows().some(function (row) { return row.querySelector("[data-mc-pick]"); })) return;
    if (offered() && !everything) chooseMatching();
    else chooseAll(true);
  }
  function offered() {
    var place = document.querySelector("[data-mc-matching]"), count = place ? Number(place.dataset.mcMatching) : 0;
    var isWhole = chosen.size > 0 && rows().every(function (row) { return chosen.has(row.dataset.id) || row.classList.contains("is-settled"); });
    var isOver = new URLSearchParams(window.location.search).get("tab") === "resolved";
    return isWhole && !isOver && count > chosen.size && count < MOST_MATCHING ? count : 0;
  }
  function paintChoice(found) {
    if (!chosen.size) everything = false;
    if (everything) takeShown();
    var count = offered(), more = document.querySelector('[data-mc-choose="matching"]');
    set(found, "data-choosing", chosen.size ? "" : null);
    write(document.getElementById("inbox-chosen"), (everything && count ? number(count) : chosen.size) + " chosen");
    set(more, "hidden", count && !everything ? null : "");
    write(more, "All " + number(count) + " that match");
  }
  function number(count) { return count.toLocaleString("en"); }

  /* what the server has painted gets its marks again; rows are told apart by id, never by place */
  function paint() {
    var found = screen();
    if (!found) return;
    var all = rows(), there = new Set(all.map(function (row) { return row.dataset.id; }));
    chosen.forEach(function (id) { if (!there.has(id)) chosen.delete(id); });
    if (found.dataset.mcAlerts === "inbox") {
      begin(found);
      if (current && !there.has(current)) current = null;
      var open = beside();
      paintChoice(found);
      all.forEach(function (row) {
        var id = row.dataset.id;
        set(row, "data-chosen", chosen.has(id) ? "" : null);
        set(row, "data-current", id === current ? "" : null);
        set(row, "data-beside", id === open ? "" : null);
        set(row.querySelector("[data-mc-pick]"), "aria-checked", String(chosen.has(id)));
      });
      lastList = window.location.pathname === "/alerts" ? window.location.search : lastList;
      searched();
    }
    document.querySelectorAll(".mc-tab, .mc-chip, .mc-views .mc-menu-item").forEach(function (each) {
      set(each, "aria-current", each.classList.contains("is-current") ? "true" : null);
    });
    showTab();
    enter();
    goOnWriting();
    told(found);
  }
  /* On a phone the tabs are wider than the screen: the one that is open is brought into view, once. */
  function showTab() {
    var tab = document.querySelector(".mc-inbox .mc-tab.is-current"), strip = tab && tab.parentElement;
    if (!strip || strip.dataset.shown === tab.firstChild.textContent) return;
    strip.dataset.shown = tab.firstChild.textContent;
    strip.scrollLeft += tab.getBoundingClientRect().left + tab.offsetWidth / 2 - strip.getBoundingClientRect().left - strip.clientWidth / 2;
  }
  /* A comment that is being written stays with its alert, whatever is painted anew meanwhile. */
  function draftOf(field) {
    var detail = field && field.closest(".mc-detail"), subject = detail && detail.querySelector("[data-alert]");
    return subject && field.closest(".mc-comment") ? subject.dataset.alert : null;
  }
  function goOnWriting() {
    var field = document.querySelector(".mc-comment textarea"), draft = drafts.get(draftOf(field));
    if (draft && !field.value) window.dash_clientside.set_props(field.id, { value: draft });
  }
  function searched() {
    var field = document.getElementById("inbox-text"), asked = new URLSearchParams(window.location.search).get("q") || "";
    if (field && field !== document.activeElement && !typingTimer && field.value !== asked) window.dash_clientside.set_props("inbox-text", { value: asked });
  }

  /* deeds */
  function targets(element) {
    var holder = element && element.closest("[data-id]"), inFull = document.querySelector(".mc-detail [data-id]");
    meansAll = everything && !holder;
    if (holder) return [holder.dataset.id];
    if (prefix() !== "inbox") return inFull ? [inFull.dataset.id] : [];
    if (chosen.size) return rows().map(function (row) { return row.dataset.id; }).filter(function (id) { return chosen.has(id); });
    return current ? [current] : beside() ? [beside()] : [];
  }
  function act(deed, ids, more) {
    var store = { acknowledge: "acknowledge", unacknowledge: "acknowledge", take_over: "acknowledge", snooze: "acknowledge", assign: "assign", resolve: "resolve" }[deed];
    var name = prefix();
    ids = ids.filter(function (id) { return !document.querySelector('[data-id="' + id + '"][data-working]'); });
    if (!ids.length || !may(store)) return;
    more = Object.assign({ all: meansAll }, more);
    acting = ids;
    if (deed === "resolve") return ask(name, ids, more.all);
    working(ids, true);
    window.setTimeout(function () { working(ids, false); }, 8000);
    put(name + "-" + store, Object.assign({ deed: deed, ids: ids, at: Date.now() }, more));
    return undefined;
  }
  function working(ids, isSo) {
    ids.forEach(function (id) {
      document.querySelectorAll('[data-id="' + id + '"]').forEach(function (each) { set(each, "data-working", isSo ? "" : null); });
    });
  }
  window.addEventListener("mc:unsure", function () { working(acting, false); });
  function ask(name, ids, isAll) {
    var count = isAll ? offered() : ids.length;
    put(name + "-subject-of-resolve", { ids: ids, all: isAll });
    window.dash_clientside.set_props(name + "-resolve-error", { children: "" });
    window.dash_clientside.set_props(name + "-resolve-dialog", { is_open: true });
    window.setTimeout(function () {
      var title = document.getElementById(name + "-resolve-dialog-title"), reason = document.getElementById(name + "-resolve-reason");
      write(title, count === 1 ? "Resolve the alert" : "Resolve " + number(count) + " alerts");
      if (reason) reason.focus();
    }, 60);
  }

  /* what is said stays as long as it can be taken back, or read */
  function told(found) {
    var place = document.getElementById(found.dataset.mcAlerts + "-said"), card = place && place.querySelector("[data-mc-said]");
    if (!card || card.dataset.mcSaid === saidAt) return;
    var undo = card.querySelector("[data-mc-undo]");
    saidAt = card.dataset.mcSaid;
    undoable = undo ? undo.dataset.mcUndo : null;
    if (acting.length === chosen.size) everything = false;
    acting.forEach(function (id) { chosen.delete(id); });
    working(acting, false);
    set(place, "data-shown", "");
    set(card.querySelector("details"), "data-mc-read", null);
    window.clearTimeout(saidTimer);
    saidTimer = window.setTimeout(unsayUnread, (card.classList.contains("mc-said-good") ? UNDO_SECONDS : READ_SECONDS) * 1000);
    paint();
  }
  /* Whoever unfolded the list of those that were refused reads it, and closes the message when that is done. */
  function unsayUnread() { if (!document.querySelector(".mc-said details[data-mc-read][open]")) unsay(); }
  function unsay() {
    undoable = null;
    window.clearTimeout(saidTimer);
    document.querySelectorAll(".mc-said").forEach(function (each) { set(each, "data-shown", null); });
  }
  function takeBack() {
    var deed = undoable;
    unsay();
    if (deed) put(prefix() + "-undo", { deed: deed, at: Date.now() });
  }

  /* hands */
  document.addEventListener("click", function (event) {
    var target = event.target;
    if (!target.closest || !screen()) return;
    var deed = target.closest("[data-mc-act]"), picked = target.closest("[data-mc-pick]"), link = target.closest(".mc-alert-title");
    if (deed && isEcho(deed)) return;
    if (deed) {
      act(deed.dataset.mcAct, targets(deed), { minutes: Number(deed.dataset.mcMinutes || 60), user: deed.dataset.mcUser });
      var sheet = deed.closest("details.mc-menu");
      if (sheet) sheet.open = false;
    } else if (picked) pick(picked.closest("[data-id]"), event.shiftKey);
    else if (target.closest(".mc-said summary")) set(target.closest("details"), "data-mc-read", "");
    else if (target.closest("[data-mc-undo]")) takeBack();
    else if (target.closest("[data-mc-unsaid]")) unsay();
    else if (target.closest("[data-mc-refresh]")) refresh();
    else if (target.closest("[data-mc-more]")) put("inbox-more-wanted", Date.now());
    else if (target.closest("[data-mc-choose]")) ({ all: chooseAll.bind(null, true), matching: chooseMatching, none: chooseAll.bind(null, false) })[target.closest("[data-mc-choose]").dataset.mcChoose]();
    else if (target.closest("[data-mc-help]")) help();
    else if (target.closest(".mc-comment button")) drafts.delete(draftOf(target));
    else if (target.closest('[data-mc-beside="close"]')) close();
    else if (target.closest("[data-mc-back]") && !event.metaKey && !event.ctrlKey) {
      event.preventDefault();
      go("/alerts" + lastList.replace(/([?&])alert=[^&]*&?/, "$1").replace(/[?&]$/, ""));
    } else if (!event.metaKey && !event.ctrlKey && !event.shiftKey) {
      var row = link || target.closest("a, button, input, label, summary") ? link && link.closest("[data-id]") : target.closest("#inbox-rows > [data-id]");
      if (!row || String(window.getSelection())) return;
      event.preventDefault();
      current = row.dataset.id;
      open(current, false, event.detail === 0);
      paint();
    }
  });
  /* After a deed another button may stand in its place: the second press of a double press is not meant for it.
     What stands in a menu has been looked for. */
  function isEcho(deed) {
    if (deed.closest(".mc-menu-sheet")) return false;
    var holder = deed.closest("[data-id]"), id = holder ? holder.dataset.id : "";
    var is = !!id && pressed.id === id && Date.now() - pressed.at < 1000;
    pressed = { id: id, at: Date.now() };
    return is;
  }
  function refresh() {
    put("inbox-refresh", Date.now());
    window.scrollTo({ top: 0 });
  }
  function help() { window.dash_clientside.set_props(prefix() + "-help", { is_open: true }); }

  document.addEventListener("change", function (event) {
    var name = PARAMETERS[event.target.id], change = {};
    if (!name) return;
    change[name] = event.target.value;
    go(address(change));
  });
  document.addEventListener("input", function (event) {
    var name = event.target.id, alert = draftOf(event.target);
    if (alert) drafts.set(alert, event.target.value);
    if (name !== "inbox-text" && name !== "rules-text") return;
    window.clearTimeout(typingTimer);
    typingTimer = window.setTimeout(function () {
      var text = event.target.value.trim();
      typingTimer = null;
      if (!document.getElementById(name)) return;
      go(name === "inbox-text" ? address({ q: text }) : "/rules" + (text ? "?q=" + encodeURIComponent(text) : ""), true);
    }, TYPING_MS);
  });

  /* views: what is chosen closes the menu; looking after them asks with the name that stands in the line */
  document.addEventListener("click", function (event) {
    var target = event.target, asked = target.closest && target.closest("[data-mc-view]"), item = target.closest && target.closest(".mc-views .mc-menu-item");
    if (item) item.closest("details").open = false;
    if (!asked) return;
    var line = asked.closest("[data-view]"), called = line.querySelector("input");
    put("inbox-views-asked", { deed: asked.dataset.mcView, id: line.dataset.view, name: called ? called.value : "", at: Date.now() });
  });

  /* rules: what is chosen in the menu of a row */
  document.addEventListener("click", function (event) {
    var asked = event.target.closest && event.target.closest("[data-mc-rule]");
    if (!asked) return;
    asked.closest("details").open = false;
    put("rules-asked", { deed: asked.dataset.mcRule, id: asked.dataset.mcId, at: Date.now() });
  });

  /* keys */
  var KEYS = {
    j: function () { move(1); },
    k: function () { move(-1); },
    x: function () { var row = current && rowOf(current); if (row && row.querySelector("[data-mc-pick]")) pick(row, false); },
    a: function () { act("acknowledge", targets()); },
    r: function () { act("resolve", targets()); },
    s: function () { act("snooze", targets(), { minutes: 60 }); },
    m: function () { act("assign", targets(), { user: "mine" }); },
    X: chooseMore,
    z: takeBack,
    ".": function () { if (prefix() === "inbox") refresh(); },
    "/": function () { var field = document.getElementById("inbox-text"); if (field) { field.focus(); field.select(); } },
    Enter: function () { if (current) open(current, false, true); },
    "?": help
  };
  document.addEventListener("keydown", function (event) {
    if (!screen() || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter" && event.target.id === "inbox-view-name") document.getElementById("inbox-view-save").click();
    if (document.querySelector(".modal.show")) return;
    var target = event.target, isTyping = target.matches && target.matches("input:not([type=checkbox]), textarea, select, [contenteditable]");
    if (event.key === "Escape") return leave(target, isTyping);
    if (isTyping || event.repeat && "jk".indexOf(event.key) < 0) return undefined;
    var deed = KEYS[event.key];
    if (!deed || event.key === "Enter" && target !== document.body) return undefined;
    event.preventDefault();
    deed();
    return undefined;
  });
  function leave(target, isTyping) {
    if (document.querySelector("details.mc-menu[open]")) return;
    if (isTyping) target.blur();
    else if (beside()) close();
    else if (chosen.size) chooseAll(false);
    else unsay();
  }
  document.addEventListener("focusin", function (event) {
    var row = event.target.closest && event.target.closest("#inbox-rows > [data-id]");
    if (!row || row.dataset.id === current) return;
    current = row.dataset.id;
    paint();
  });

  /* ages are counted on here; nothing is asked while nobody looks */
  function ageOf(seconds) {
    var units = [[86400, "d"], [3600, "h"], [60, "min"]];
    for (var i = 0; i < units.length; i += 1) if (seconds >= units[i][0]) return Math.floor(seconds / units[i][0]) + " " + units[i][1];
    return Math.max(0, Math.floor(seconds)) + " s";
  }
  window.setInterval(function () {
    var words = document.getElementById("live-words");
    if (words && words.dataset.now && words.dataset.now !== seenNow) {
      seenNow = words.dataset.now;
      offset = Date.parse(seenNow) - Date.now();
    }
    document.querySelectorAll("[data-mc-since]").forEach(function (each) {
      write(each, ageOf((Date.now() + offset - Date.parse(each.dataset.mcSince)) / 1000));
    });
  }, 10000);
  document.addEventListener("visibilitychange", function () {
    var name = prefix(), ticking = name === "inbox" ? ["live-inbox"] : name ? ["live-" + name] : [];
    if (document.querySelector("#inbox-panel [data-alert]")) ticking.push("live-panel");
    ticking.forEach(function (each) { window.dash_clientside.set_props(each, { disabled: document.hidden }); });
  });

  var isDue = false;
  new MutationObserver(function () {
    if (isDue) return;
    isDue = true;
    window.requestAnimationFrame(function () { isDue = false; paint(); });
  }).observe(document.documentElement, { childList: true, subtree: true, attributes: true, attributeFilter: ["data-id", "data-mc-said", "class"] });
})();
