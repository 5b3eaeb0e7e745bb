// Live's object model through Max's LiveAPI: every get is a list, a child is "id" and a number, 0 is nothing.
var Live = (function () {
    "use strict";

    var FARTHEST = 1576800; // beats; Live's own limit

    function at(path) {
        return new LiveAPI(path);
    }

    function byId(id) {
        return new LiveAPI("id " + id);
    }

    function there(api) {
        return Number(api.id) !== 0;
    }

    function text(api, property) {
        var found = api.get(property);
        return found && found.length ? found.join(" ") : "";
    }

    function number(api, property) {
        var found = api.get(property);
        return found && found.length ? Number(found[0]) : 0;
    }

    function ids(api, children) {
        return (api.get(children) || []).filter(function (value) { return value !== "id"; });
    }

    function child(api, property) {
        var found = ids(api, property);
        return found.length ? Number(found[0]) : 0;
    }

    // Whether this version of Live has the function: LiveAPI lists what an object can do.
    function can(api, name) {
        return new RegExp("\\bfunction " + name + "\\b").test(String(api.info));
    }

    function path(api) {
        return String(api.path).replace(/"/g, "");
    }

    // Dictionaries arrive as JSON text, in an object under the property's own name in some versions.
    function dictionary(value, key) {
        var found;
        try {
            found = typeof value === "object" && value !== null && !value.length ? value : JSON.parse(String(value));
        } catch (ignore) {
            return [];
        }
        return found[key] || found;
    }

    function song() {
        return at("live_set");
    }

    function tracks() {
        return ids(song(), "tracks").map(Number);
    }

    function trackIndex(api) {
        var found = /tracks (\d+)/.exec(path(api));
        return found ? Number(found[1]) : -1;
    }

    function notes(clip) {
        var text = clip.call("get_notes_extended", 0, 128, 0, FARTHEST);
        return dictionary(text, "notes");
    }

    return {
        at: at, byId: byId, there: there, text: text, number: number, ids: ids, child: child,
        can: can, path: path, dictionary: dictionary, song: song, tracks: tracks, trackIndex: trackIndex, notes: notes
    };
}());
