// Reading files through Max's File object, in blocks: it reads no more than 32 KB at once.
var Files = (function () {
    "use strict";

    var BLOCK = 16384;
    var LARGEST = 64 * 1024 * 1024;
    var HEAD = 4096;

    function opened(path) {
        var file = new File(path, "read");
        return file.isopen ? file : null;
    }

    function exists(path) {
        var file = opened(path);
        if (file) {
            file.close();
        }
        return !!file;
    }

    function take(file, most, stop) {
        var bytes = [];
        var block;
        var end = "";
        while (bytes.length < most && !(stop && end.indexOf(stop) >= 0)) {
            block = file.readbytes(Math.min(BLOCK, most - bytes.length));
            if (!block || !block.length) {
                break;
            }
            Array.prototype.push.apply(bytes, block);
            end = stop ? end.slice(-stop.length) + ascii(block, 0, block.length) : "";
        }
        return bytes;
    }

    // All bytes of a file, or its first `most`, or those up to the block in which `stop` is.
    function bytes(path, most, stop) {
        var file = opened(path);
        var found;
        if (!file) {
            throw new Refusal("missing", Paths.name(path) + " cannot be opened. Was it moved or renamed?");
        }
        try {
            found = take(file, most || LARGEST, stop);
        } finally {
            file.close();
        }
        return found;
    }

    function text(values) {
        var parts = [];
        var at;
        for (at = 0; at < values.length; at += BLOCK) {
            parts.push(ascii(values, at, at + BLOCK));
        }
        return parts.join("");
    }

    function utf8(found) {
        return decodeURIComponent(escape(found));
    }

    function until(found, stop) {
        var at = stop ? found.indexOf(stop) : -1;
        return at < 0 ? found : found.slice(0, at) + "}";
    }

    // The object in a file. What comes at and after `stop`, the start of one of its members, is left out unread.
    function json(path, stop) {
        try {
            return JSON.parse(utf8(until(text(bytes(path, null, stop)), stop)));
        } catch (error) {
            if (error instanceof Refusal) {
                throw error;
            }
            throw new Refusal("damaged", Paths.name(path) + " cannot be read. Transcribe the clip again.");
        }
    }

    function ascii(values, from, to) {
        return String.fromCharCode.apply(null, values.slice(from, to));
    }

    // Samples of Live's packs are AIFC files whose compression is Ableton's own; only Live can read them.
    function encrypted(path) {
        var head = bytes(path, HEAD);
        var text = ascii(head, 0, head.length);
        var common = text.indexOf("COMM");
        return text.slice(8, 12) === "AIFC" && common > 0 && text.slice(common + 26, common + 30) === "able";
    }

    return { exists: exists, bytes: bytes, json: json, encrypted: encrypted, ascii: ascii };
}());
