/* The frame in the browser: messages, what happens when the server refuses or is silent, the live state, the way between pages. */
(function () {
  "use strict";
  var mc = (window.mc = window.mc || {});
  var root = document.documentElement;
  var SILENT_AFTER = 35;
  var UNTURNED = "The server does not answer. The page opens by itself as soon as it does; what you see may be old.";
  var UNSURE = "The server does not answer. What you just did may not have happened: look, and do it again once it answers.";
  var lastAnswer = Date.now(), seenNow = null, offset = 0, wasLate = false, owesPage = false;
  mc.shownPath = window.location.pathname;

  function byId(id) { return document.getElementById(id); }
  function make(tag, name, text) {
    var element = document.createElement(tag);
    if (name) element.className = name;
    if (text !== undefined) element.textContent = text;
    return element;
  }

  /* messages */
  mc.toast = function (text, tone) {
    var list = byId("toast-list") || document.body.appendChild(Object.assign(make("div", "mc-toasts"), { id: "toast-list" }));
    var same = Array.prototype.find.call(list.children, function (each) { return each.dataset.text === text; });
    if (same) same.remove();
    var kind = tone === "critical" || tone === "good" ? tone : "accent";
    var pictures = { critical: "octagon-alert", good: "circle-check", accent: "info" };
    var toast = make("div", "mc-toast mc-toast-" + kind), close = make("button");
    toast.dataset.text = text;
    if (kind === "critical") toast.setAttribute("role", "alert");
    close.type = "button";
    close.setAttribute("aria-label", "Close the message");
    close.append(make("span", "mc-icon mc-icon-x"));
    close.addEventListener("click", function () { toast.remove(); });
    toast.append(make("span", "mc-icon mc-icon-" + pictures[kind]), make("div", "mc-toast-text", text), close);
    list.append(toast);
    while (list.children.length > 4) list.firstChild.remove();
    var rest = kind === "critical" ? 12000 : 6000, timer = null;
    function start() { timer = window.setTimeout(function () { toast.remove(); }, rest); }
    toast.addEventListener("mouseenter", function () { window.clearTimeout(timer); });
    toast.addEventListener("mouseleave", start);
    start();
  };

  /* what the server says when a callback is refused */
  var plainFetch = window.fetch.bind(window);
  window.fetch = function (resource, options) {
    var url = new URL(typeof resource === "string" ? resource : resource.url || String(resource), window.location.href);
    if (url.origin !== window.location.origin || url.pathname.indexOf("/_dash-") !== 0) return plainFetch(resource, options);
    var body = options && typeof options.body === "string" ? options.body : "";
    var byItself = body.indexOf('"changedPropIds":["live-') >= 0;
    var isPage = body.indexOf("content.children") >= 0, turnsPage = isPage && !byItself;
    var isDeed = !!body && !byItself && !turnsPage;
    if (turnsPage) leave();
    return plainFetch(resource, options).then(
      function (response) {
        lastAnswer = Date.now();
        if (response.status === 401) return signIn(isDeed);
        if (response.status >= 400) explain(response.clone(), byItself);
        if (turnsPage && response.status !== 200) mc.settled();
        if (isPage) owesPage = false;
        else if (owesPage) turn();
        return response;
      },
      function (error) {
        mc.settled();
        if (error.name === "AbortError") throw error;
        if (turnsPage) owesPage = true;
        if (!byItself) mc.toast(turnsPage ? UNTURNED : UNSURE, "critical");
        if (isDeed) window.dispatchEvent(new Event("mc:unsure"));
        throw error;
      }
    );
  };

  /* The address has gone on, the page has not: it is asked for again with the first answer of anything else. */
  function turn() { window.dash_clientside.set_props("live-refresh", { data: Date.now() }); }
  window.addEventListener("online", function () { if (owesPage) turn(); });

  function signIn(isDeed) {
    var here = window.location.pathname + window.location.search;
    window.location.assign("/login?next=" + encodeURIComponent(here) + "&ended=" + (isDeed ? "undone" : "session"));
    return new Promise(function () {}); // nothing more happens on this page
  }

  function explain(response, byItself) {
    response.json().then(
      function (problem) { return problem.detail; },
      function () { return null; }
    ).then(function (detail) {
      if (byItself && response.status >= 500) return;
      mc.toast(detail || "That did not work (" + response.status + "). Try again in a moment.", "critical");
    });
  }

  /* from page to page */
  function leave() {
    root.classList.toggle("mc-elsewhere", window.location.pathname !== mc.shownPath);
    root.classList.add("mc-going");
  }
  mc.settled = function () { root.classList.remove("mc-going", "mc-elsewhere"); };
  mc.arrive = function () {
    window.scrollTo(0, 0);
    var heading = byId("page-heading") || byId("content");
    if (heading) heading.focus({ preventScroll: true });
  };
  mc.go = function (href) {
    window.history.pushState({}, "", href);
    window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
  };

  /* the choices of the top bar */
  function choose(changes) {
    var query = new URLSearchParams(window.location.search), before = query.toString();
    Object.keys(changes).forEach(function (name) {
      if (changes[name] === null || changes[name] === "" || changes[name] === "*") query.delete(name);
      else query.set(name, changes[name]);
    });
    var after = query.toString();
    if (after !== before) mc.go(window.location.pathname + (after ? "?" + after : ""));
  }
  document.addEventListener("change", function (event) {
    var target = event.target;
    var asked = target.closest ? target.closest("[data-mc-query]") : null;
    if (asked) choose({ [asked.dataset.mcQuery]: target.value });
    if (target.id === "filter-model") choose({ model: target.value, version: null, segment: null, a: null, b: null, metric: null });
    if (target.id === "filter-version") choose({ version: target.value });
    if (target.id === "filter-segment") choose({ segment: target.value });
    if (target.id === "filter-compare") choose({ compare: target.checked ? null : "0" });
  });
  document.addEventListener("click", function (event) {
    if (!event.target.closest || !event.target.closest("#filter-apply")) return;
    choose({ from: byId("filter-from").value, to: byId("filter-to").value, range: null });
  });

  function theme(choice) {
    root.dataset.themeChoice = choice;
    window.dispatchEvent(new Event("mc:theme"));
  }
  mc.theme = theme;

  /* the live state: counted on here, so that it turns red although nothing is heard */
  function ageOf(seconds) {
    var units = [[86400, "d"], [3600, "h"], [60, "min"]];
    for (var i = 0; i < units.length; i += 1) if (seconds >= units[i][0]) return Math.floor(seconds / units[i][0]) + " " + units[i][1];
    return Math.max(0, Math.floor(seconds)) + " s";
  }
  function stateNow(words) {
    var silent = (Date.now() - lastAnswer) / 1000;
    if (silent > SILENT_AFTER) return { kind: "late", text: "No answer for " + ageOf(silent), age: ageOf(silent) };
    if (!words || !words.dataset.now) return { kind: "unknown", text: "" };
    if (words.dataset.now !== seenNow) {
      seenNow = words.dataset.now;
      offset = Date.parse(seenNow) - Date.now();
    }
    if (!words.dataset.evaluated) return { kind: "unknown", text: "Not evaluated yet" };
    var age = (Date.now() + offset - Date.parse(words.dataset.evaluated)) / 1000;
    return { kind: age > Number(words.dataset.late) ? "late" : "live", text: "Evaluated " + ageOf(age) + " ago", age: ageOf(age) };
  }
  function tell() {
    var live = byId("live"), words = byId("live-words");
    if (!live) return;
    var state = stateNow(words);
    if (words && words.textContent !== state.text) words.textContent = state.text;
    if (words) words.dataset.short = state.age || "";
    live.classList.toggle("is-late", state.kind === "late");
    live.classList.toggle("is-live", state.kind === "live");
    live.title = state.text;
    if ((state.kind === "late") !== wasLate) {
      wasLate = state.kind === "late";
      byId("live-said").textContent = wasLate ? state.text : "Up to date again";
    }
    var count = byId("bell-count");
    document.querySelectorAll(".mc-count-alerts").forEach(function (each) {
      var text = count ? count.textContent : "";
      if (each.textContent !== text) each.textContent = text;
    });
  }
  window.setInterval(tell, 1000);
  new MutationObserver(tell).observe(root, { childList: true, subtree: true });
})();
