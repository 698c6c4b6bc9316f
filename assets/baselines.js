/* A file that is to become a baseline goes from the browser straight to the API: looked at first, then applied. */
(function () {
  "use strict";
  var KINDS = { csv: "text/csv", parquet: "application/vnd.apache.parquet", ndjson: "application/x-ndjson", jsonl: "application/x-ndjson" };
  var last = 0;

  function cookie(name) {
    var found = document.cookie.split("; ").find(function (each) { return each.indexOf(name + "=") === 0; });
    return found ? decodeURIComponent(found.slice(name.length + 1)) : "";
  }
  /* What the browser read is "data:…;base64,…". */
  function bytes(contents) {
    var text = window.atob(contents.slice(contents.indexOf(",") + 1)), raw = new Uint8Array(text.length);
    for (var at = 0; at < text.length; at += 1) raw[at] = text.charCodeAt(at);
    return raw;
  }
  function kind(name) { return KINDS[String(name).split(".").pop().toLowerCase()] || "application/octet-stream"; }
  function answered(response, name, isPreview) {
    return response.json().then(function (body) {
      if (!response.ok) return { problem: body.detail || body.title || "The file could not be sent." };
      return isPreview ? { preview: body, name: name } : { made: body.number };
    }, function () { return { problem: "The file could not be sent; try again." }; });
  }

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.baselines = {
    send: function (contents, score, actual, _pressed, name, since, model) {
      var changed = window.dash_clientside.callback_context.triggered.map(function (each) { return each.prop_id; });
      var isPreview = changed.indexOf("model-baseline-file-make.n_clicks") < 0;
      if (!contents || !model) return window.dash_clientside.no_update;
      var query = new URLSearchParams({ name: name || "" }), own = (last += 1);
      if (score) query.set("score", score);
      if (actual) query.set("actual", actual);
      if (isPreview) query.set("preview", "1");
      else if (since) query.set("valid_from", new Date(since + "T00:00").toISOString());
      var request = {
        method: "POST",
        credentials: "same-origin",
        headers: { "Content-Type": kind(name), "X-CSRFToken": cookie("_csrf_token") },
        body: bytes(contents)
      };
      return window.fetch("/api/v1/models/" + encodeURIComponent(model) + "/baselines?" + query, request)
        .then(function (response) { return answered(response, name, isPreview); })
        .catch(function () { return { problem: "The server did not answer; try again." }; })
        .then(function (answer) { return own === last ? answer : window.dash_clientside.no_update; });
    }
  };
})();
