// Reading files through Max's File object, in blocks: it reads no more than 32 KB at once.
var Files = (function () {
    "use strict";

    var BLOCK = 16384;
    var LARGEST = 64 * 1024 * 1024;
    var HEAD = 4096;

    function openFile(path) {
        var file = new File(path, "read");
        return file.isopen ? file : null;
    }

    function exists(path) {
        var file = openFile(path);
        if (file) {
            file.close();
        }
        return !!file;
    }

    function readBlocks(file, most, stop) {
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
    function readBytes(path, most, stop) {
        var file = openFile(path);
        var found;
        if (!file) {
            throw new UserError("missing", Paths.name(path) + " cannot be opened. Was it moved or renamed?");
        }
        try {
            found = readBlocks(file, most || LARGEST, stop);
        } finally {
            file.close();
        }
        return found;
    }

    function decodeLatin1(values) {
        var parts = [];
        var at;
        for (at = 0; at < values.length; at += BLOCK) {
            parts.push(ascii(values, at, at + BLOCK));
        }
        return parts.join("");
    }

    function decodeUtf8(found) {
        return decodeURIComponent(escape(found));
    }

    function cutBefore(found, stop) {
        var at = stop ? found.indexOf(stop) : -1;
        return at < 0 ? found : found.slice(0, at) + "}";
    }

    // The object in a file. What comes at and after `stop`, the start of one of its members, is left out unread.
    function readJson(path, stop) {
        try {
            return JSON.parse(decodeUtf8(cutBefore(decodeLatin1(readBytes(path, null, stop)), stop)));
        } catch (error) {
            if (error instanceof UserError) {
                throw error;
            }
            throw new UserError("damaged", Paths.name(path) + " cannot be read. Transcribe the clip again.");
        }
    }

    function ascii(values, from, to) {
        return String.fromCharCode.apply(null, values.slice(from, to));
    }

    // Samples of Live's packs are AIFC files whose compression is Ableton's own; only Live can read them.
    function isEncrypted(path) {
        var head = readBytes(path, HEAD);
        var text = ascii(head, 0, head.length);
        var common = text.indexOf("COMM");
        return text.slice(8, 12) === "AIFC" && common > 0 && text.slice(common + 26, common + 30) === "able";
    }

    return { exists: exists, readBytes: readBytes, readJson: readJson, isEncrypted: isEncrypted, ascii: ascii };
}());
