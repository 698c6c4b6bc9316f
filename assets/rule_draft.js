/* What somebody writes in the rule editor is there again after Back, another page, a reload or signing in anew,
   until it is saved or dropped. It is kept by this tab of the browser alone, under the rule's version and the writer. */
(function () {
  "use strict";
  var PREFIX = "mc-rule-draft:", FIELDS = "input[id], select[id], textarea[id]";
  var savesNew = null, isDue = false;

  function place() { return document.querySelector("[data-mc-draft]"); }
  function read(name) {
    try { return JSON.parse(window.sessionStorage.getItem(PREFIX + name)) || {}; } catch (error) { return {}; }
  }
  function drop(name) { window.sessionStorage.removeItem(PREFIX + name); }

  function keep(event) {
    var form = place(), field = event.target;
    if (!form || !form.contains(field) || !field.matches(FIELDS)) return;
    var name = form.dataset.mcDraft, draft = read(name);
    draft[field.id] = field.value;
    field.dataset.mcGiven = name;
    savesNew = null;
    try { window.sessionStorage.setItem(PREFIX + name, JSON.stringify(draft)); } catch (error) { /* Full: it stays on the screen. */ }
  }
  document.addEventListener("input", keep);
  document.addEventListener("change", keep);

  /* A field that the server has painted gets, once, what was written into it. */
  function restore() {
    var form = place();
    if (!form) return;
    var name = form.dataset.mcDraft, draft = read(name);
    if (savesNew && savesNew !== name) drop(savesNew);
    if (savesNew !== name) savesNew = null;
    if (form.dataset.mcAgain !== name) delete form.dataset.mcAgain;
    form.querySelectorAll(FIELDS).forEach(function (field) {
      if (!(field.id in draft) || field.dataset.mcGiven === name) return;
      field.dataset.mcGiven = name;
      if (field.value === draft[field.id]) return;
      form.dataset.mcAgain = name;
      window.dash_clientside.set_props(JSON.parse(field.id), { value: draft[field.id] });
    });
  }
  new MutationObserver(function () {
    if (isDue) return;
    isDue = true;
    window.requestAnimationFrame(function () { isDue = false; restore(); });
  }).observe(document.documentElement, { childList: true, subtree: true, attributes: true, attributeFilter: ["data-mc-draft"] });

  /* A rule that is saved has another version, and so another name here; a new one is saved when its own page follows. */
  document.addEventListener("click", function (event) {
    var target = event.target, form = place();
    if (!target.closest || !form) return;
    savesNew = target.closest("#rule-save") ? form.dataset.mcDraft : null;
    if (!target.closest("[data-mc-drop]")) return;
    drop(form.dataset.mcDraft);
    window.location.reload();
  });
  window.addEventListener("popstate", function () { savesNew = null; });
})();
