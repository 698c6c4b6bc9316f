(function () {
  var root = document.documentElement, choice = root.dataset.themeChoice;
  var dark = window.matchMedia("(prefers-color-scheme: dark)");
  function follow() { root.dataset.bsTheme = dark.matches ? "dark" : "light"; }
  if (choice !== "light" && choice !== "dark") { follow(); dark.addEventListener("change", follow); }
  Object.defineProperty(window, "_dashPlotlyJSURL", { get: function () { return "%s"; }, set: function () {} });
})();
