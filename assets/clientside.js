/* Callbacks of the shell that run in the browser. */
(function () {
  "use strict";
  var NEVER = 24 * 3600 * 1000;
  var skip = function () { return window.dash_clientside.no_update; };
  var isFirst = true;

  /* Say whether somebody is in the middle of something that a new rendering would disturb. */
  function isBusy() {
    var active = document.activeElement, content = document.getElementById("content");
    if (document.hidden || document.querySelector(".modal.show, .offcanvas.show, .mc-content details[open]")) return true;
    if (active && content && content.contains(active) && active.matches("input, textarea, select, [contenteditable]")) return true;
    return !!(content && content.querySelector(".mc-graph:hover, tr.is-selected, [data-mc-busy]"));
  }

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.shell = {
    /* After a page was put on the screen: its title, the mark in the navigation, the focus, and how often it is renewed. */
    settle: function (shown) {
      var seconds = shown && shown.live_seconds;
      document.title = shown && shown.title ? shown.title + " · Mission Control" : "Mission Control";
      window.requestAnimationFrame(function () {
        document.querySelectorAll(".mc-nav-link, .mc-bottom-link").forEach(function (link) {
          if (link.classList.contains("is-current")) link.setAttribute("aria-current", "page");
          else link.removeAttribute("aria-current");
        });
        if (!isFirst && shown && shown.path !== window.mc.shownPath) window.mc.arrive();
        window.mc.shownPath = shown ? shown.path : window.location.pathname;
        window.mc.settled();
        isFirst = false;
      });
      return seconds ? [seconds * 1000, false] : [NEVER, true];
    },

    theme: function (choice) {
      window.mc.theme(choice);
      return choice;
    },

    refresh: function (count) { return isBusy() ? skip() : count; },

    toast: function (message) {
      if (message && message.text) window.mc.toast(message.text, message.tone);
      return undefined;
    }
  };
})();
