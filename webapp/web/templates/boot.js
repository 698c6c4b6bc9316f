(function () {
  var root = document.documentElement, dark = window.matchMedia("(prefers-color-scheme: dark)");
  function follow() {
    var choice = root.dataset.themeChoice;
    root.dataset.bsTheme = choice === "light" || choice === "dark" ? choice : dark.matches ? "dark" : "light";
  }
  follow();
  dark.addEventListener("change", follow);
  window.addEventListener("mc:theme", follow);
  Object.defineProperty(window, "_dashPlotlyJSURL", { get: function () { return "%s"; }, set: function () {} });
})();
