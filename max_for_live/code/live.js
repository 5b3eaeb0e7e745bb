// Live's object model through Max's LiveAPI: every get is a list, a child is "id" and a number, 0 is nothing.
var Live = (function () {
    "use strict";

    var LAST_BEAT = 1576800; // beats; Live's own limit

    function byPath(path) {
        return new LiveAPI(path);
    }

    function byId(id) {
        return new LiveAPI("id " + id);
    }

    function exists(api) {
        return Number(api.id) !== 0;
    }

    function text(api, property) {
        var value = api.get(property);
        return value && value.length ? value.join(" ") : "";
    }

    function number(api, property) {
        var value = api.get(property);
        return value && value.length ? Number(value[0]) : 0;
    }

    function childIds(api, children) {
        return (api.get(children) || []).filter(function (value) { return value !== "id"; });
    }

    function childId(api, property) {
        var value = childIds(api, property);
        return value.length ? Number(value[0]) : 0;
    }

    // Whether this version of Live has the function: LiveAPI lists what an object can do.
    function hasFunction(api, name) {
        return new RegExp("\\bfunction " + name + "\\b").test(String(api.info));
    }

    function path(api) {
        return String(api.path).replace(/"/g, "");
    }

    // Dictionaries arrive as JSON text, in an object under the property's own name in some versions.
    function parseDictionary(value, key) {
        var parsed;
        try {
            parsed = typeof value === "object" && value !== null && !value.length ? value : JSON.parse(String(value));
        } catch (ignore) {
            return [];
        }
        return parsed[key] || parsed;
    }

    function song() {
        return byPath("live_set");
    }

    function trackIds() {
        return childIds(song(), "tracks").map(Number);
    }

    // -1 for what is on no track of the set: a return or the main track have none of their own here.
    function trackIndex(api) {
        var value = /live_set tracks (\d+)/.exec(path(api));
        return value ? Number(value[1]) : -1;
    }

    function notes(clip) {
        var text = clip.call("get_notes_extended", 0, 128, 0, LAST_BEAT);
        return parseDictionary(text, "notes");
    }

    // Whether this Live is of that version, [major, minor, bugfix], or newer; one that does not say is.
    function isAtLeast(version) {
        var app = byPath("live_app");
        var parts = ["get_major_version", "get_minor_version", "get_bugfix_version"];
        var i;
        var difference;
        for (i = 0; i < parts.length; i += 1) {
            difference = hasFunction(app, parts[i]) ? Number(app.call(parts[i])) - version[i] : 0;
            if (difference) {
                return difference > 0;
            }
        }
        return true;
    }

    var openSteps = 0;

    function callUndoStep(name) {
        if (hasFunction(song(), name)) {
            song().call(name);
        }
    }

    // What changes until the same number of `endUndo` is one step of Live's Undo, in the versions that can.
    function beginUndo() {
        openSteps += 1;
        if (openSteps === 1) {
            callUndoStep("begin_undo_step");
        }
    }

    function endUndo() {
        openSteps -= 1;
        if (openSteps === 0) {
            callUndoStep("end_undo_step");
        }
    }

    return {
        byPath: byPath, byId: byId, exists: exists, text: text, number: number, childIds: childIds, childId: childId,
        hasFunction: hasFunction, path: path, parseDictionary: parseDictionary, song: song, trackIds: trackIds,
        trackIndex: trackIndex, notes: notes, isAtLeast: isAtLeast, beginUndo: beginUndo, endUndo: endUndo
    };
}());
