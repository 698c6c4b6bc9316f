/* What components do by themselves: sheets that fold, windows that open, drawers, copying, and saving charts. */
(function () {
  "use strict";
  var FOLDING = "details.mc-menu, details.mc-explanation", REFUSED_WITHIN_MS = 5000, sentAt = 0;

  function foldOthers(except) {
    document.querySelectorAll(FOLDING).forEach(function (each) {
      if (each.open && each !== except && !each.contains(except)) each.open = false;
    });
  }
  function toggle(name, isOpen) {
    document.documentElement.classList.toggle("mc-" + name + "-open", isOpen);
    document.querySelectorAll('[data-mc-toggle="' + name + '"][aria-expanded]').forEach(function (each) {
      each.setAttribute("aria-expanded", String(isOpen));
    });
  }
  function isOpen(name) { return document.documentElement.classList.contains("mc-" + name + "-open"); }

  document.addEventListener("click", function (event) {
    var target = event.target;
    if (!target.closest) return;
    foldOthers(target.closest(FOLDING));
    var link = target.closest("a");
    if (link) {
      foldOthers(null);
      toggle("nav", false);
    }
    var button = target.closest("[data-mc-toggle]");
    if (button) toggle(button.dataset.mcToggle, !isOpen(button.dataset.mcToggle));
    else if (!target.closest(".mc-side")) toggle("nav", false);
    var opens = target.closest("[data-mc-open]");
    if (opens) window.dash_clientside.set_props(opens.dataset.mcOpen, { is_open: true });
    if (target.closest("[data-mc-close]")) close(target);
    var copies = target.closest("[data-mc-copy]");
    if (copies) copy(copies.dataset.mcCopy);
    var saves = target.closest("[data-mc-save]");
    if (saves) save(saves);
  });

  /* What was wrong with a field is not said of what is written there now, until it is sent again. */
  document.addEventListener("input", function (event) {
    var field = event.target.closest(".mc-field.has-error");
    if (field) field.setAttribute("data-mc-touched", "");
  });
  document.addEventListener("click", function (event) {
    if (!event.target.closest || !event.target.closest(".mc-form-actions button")) return;
    document.querySelectorAll("[data-mc-touched]").forEach(function (field) { field.removeAttribute("data-mc-touched"); });
    sentAt = Date.now();
  });
  /* Whoever sends a form that is refused is led to the first thing that is wrong, which may be far above the button. */
  function leadToFault() {
    var active = document.activeElement, isFree = !active || active === document.body || active.closest(".mc-form-actions");
    var fault = document.querySelector(".modal.show .mc-error, #content .mc-error");
    if (!isFree || !fault || Date.now() - sentAt > REFUSED_WITHIN_MS) return;
    var control = fault.closest(".mc-field") && fault.closest(".mc-field").querySelector("input, select, textarea");
    if (control) control.focus({ preventScroll: true });
    else sentAt = 0;
    (control || fault).scrollIntoView({ block: "center" });
  }
  new MutationObserver(leadToFault).observe(document.documentElement, { childList: true, subtree: true });

  /* A sheet that would reach under the navigation is moved into the page. */
  document.addEventListener("toggle", function (event) {
    var details = event.target, content = document.getElementById("content");
    if (details.open && details.matches("details.mc-menu-row")) place(details);
    if (!details.open || !details.matches("details.mc-explanation") || !content) return;
    var body = details.lastElementChild, edge = content.getBoundingClientRect().left + 16;
    body.style.translate = "";
    var left = body.getBoundingClientRect().left;
    if (left < edge) body.style.translate = edge - left + "px 0";
  }, true);

  /* A menu in a row of a table is laid over it: the table scrolls sideways and would cut it off. */
  function place(details) {
    var sheet = details.lastElementChild, from = details.getBoundingClientRect();
    sheet.removeAttribute("style");
    if (window.innerWidth <= 760) return;
    var height = sheet.offsetHeight, below = window.innerHeight - from.bottom > height + 16;
    sheet.style.position = "fixed";
    sheet.style.right = document.documentElement.clientWidth - from.right + "px";
    sheet.style.top = (below ? from.bottom + 6 : from.top - height - 6) + "px";
  }
  window.addEventListener("scroll", function () {
    document.querySelectorAll("details.mc-menu-row[open]").forEach(function (each) {
      if (window.innerWidth > 760) each.open = false;
    });
  }, { passive: true });

  /* A slider brings no name of its own: it takes that of its field, else of its panel. */
  function nameSliders() {
    document.querySelectorAll('[role="slider"]:not([aria-label]), .dash-range-slider-input:not([aria-label])').forEach(function (each) {
      var field = each.closest(".mc-field"), panel = each.closest(".mc-panel");
      var word = (field && field.querySelector(".mc-label")) || (panel && panel.querySelector("h2, h3"));
      if (word) each.setAttribute("aria-label", word.textContent);
    });
  }
  new MutationObserver(nameSliders).observe(document.documentElement, { childList: true, subtree: true });

  document.addEventListener("keydown", function (event) {
    if (event.key !== "Escape") return;
    document.querySelectorAll(FOLDING).forEach(function (each) {
      if (!each.open) return;
      each.open = false;
      each.querySelector("summary").focus();
    });
    toggle("nav", false);
  });

  function close(target) {
    var cross = target.closest(".modal") && target.closest(".modal").querySelector(".btn-close");
    if (cross) cross.click();
  }

  function copy(text) {
    var done = function () { window.mc.toast("Copied.", "good"); };
    var failed = function () { window.mc.toast("The browser does not let us copy; mark the text and copy it yourself.", "critical"); };
    if (navigator.clipboard && window.isSecureContext) navigator.clipboard.writeText(text).then(done, failed);
    else failed();
  }

  /* charts, as a picture and as a table */
  function save(button) {
    var figure = button.closest(".mc-graph"), drawn = figure && figure.querySelector(".js-plotly-plot");
    var name = button.dataset.mcName.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "") || "chart";
    if (!drawn || !window.Plotly) return;
    if (button.dataset.mcSave === "csv") return download(name + ".csv", new Blob(["\ufeff" + table(drawn.data)], { type: "text/csv" }));
    var ground = getComputedStyle(document.documentElement).colorScheme === "dark" ? "#131a2b" : "#ffffff";
    var layout = Object.assign({}, drawn.layout, { paper_bgcolor: ground, plot_bgcolor: ground });
    var size = { format: "png", width: Math.max(drawn.clientWidth, 720), height: Math.max(drawn.clientHeight, 320), scale: 2 };
    window.Plotly.toImage({ data: drawn.data, layout: layout }, size).then(function (address) {
      var link = document.createElement("a");
      link.href = address;
      link.download = name + ".png";
      link.click();
    });
    return undefined;
  }
  function download(name, blob) {
    var link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    window.setTimeout(function () { URL.revokeObjectURL(link.href); }, 10000);
  }
  function table(traces) {
    var rows = [["series", "x", "y", "value"]];
    traces.forEach(function (trace) {
      var x = Array.from(trace.x || []), y = Array.from(trace.y || []);
      if (trace.z) {
        Array.from(trace.z).forEach(function (line, row) {
          Array.from(line).forEach(function (value, column) { rows.push([trace.name || "", x[column], y[row], value]); });
        });
      } else x.forEach(function (at, index) { rows.push([trace.name || "", at, y[index], ""]); });
    });
    return rows.map(function (row) { return row.map(cell).join(","); }).join("\r\n") + "\r\n";
  }
  /* A text that a spreadsheet would take for a formula is kept from being one; numbers stay numbers. */
  function cell(value) {
    if (value === null || value === undefined) return "";
    if (typeof value === "number") return String(value);
    var text = String(value);
    if (/^[=+\-@\t\r]/.test(text) && isNaN(Number(text))) text = "'" + text;
    return /[",\r\n]/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text;
  }
})();
