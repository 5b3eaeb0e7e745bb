// File paths as Live, Max, the manifest and the daemon each write them.
var Paths = (function () {
    "use strict";

    // Where macOS and Windows keep what a program may throw away: Live's decoded copies of compressed files.
    var TEMPORARY = /^(\/private)?\/var\/folders\/|\/AppData\/Local\/Temp\/|^[A-Z]:\/Windows\/Temp\//i;

    // "Macintosh HD:/Users/x" and "C:\x" become "/Users/x" and "C:/x"; other volumes lie under /Volumes.
    function normalize(path) {
        var text = String(path).replace(/\\/g, "/");
        var volume = /^([^\/:]{2,}):\/?(.*)$/.exec(text);
        if (!volume) {
            return text;
        }
        return volume[1] === "Macintosh HD" ? "/" + volume[2] : "/Volumes/" + volume[1] + "/" + volume[2];
    }

    function isAbsolute(path) {
        return /^(\/|[A-Za-z]:\/)/.test(path);
    }

    function isWindows(path) {
        return /^[A-Za-z]:/.test(path);
    }

    function isTemporary(path) {
        return TEMPORARY.test(path);
    }

    function folder(path) {
        return path.slice(0, path.lastIndexOf("/"));
    }

    function name(path) {
        return path.slice(path.lastIndexOf("/") + 1);
    }

    // The name without its ending: what the song is called.
    function title(path) {
        return name(path).replace(/\.[^.]*$/, "");
    }

    function url(path) {
        return "file://" + (path.charAt(0) === "/" ? "" : "/") + encodeURI(path).replace(/#/g, "%23");
    }

    // Where the running sidestick says on which port it listens, for the user to whom `path` belongs.
    function daemonFile(path) {
        var mac = /^\/Users\/[^\/]+/.exec(path);
        var windows = /^[A-Z]:\/Users\/[^\/]+/i.exec(path);
        if (mac) {
            return mac[0] + "/Library/Application Support/sidestick/daemon.json";
        }
        return windows ? windows[0] + "/AppData/Local/sidestick/daemon.json" : "";
    }

    return {
        normalize: normalize,
        isAbsolute: isAbsolute,
        isWindows: isWindows,
        isTemporary: isTemporary,
        folder: folder,
        name: name,
        title: title,
        url: url,
        daemonFile: daemonFile
    };
}());
