// Which device works on which song. A device that was duplicated, or a set that was saved under another name, has the
// songs of the first one too; while both are open only one of them may write their clips.
var SongOwners = (function () {
    "use strict";

    // Max shows the properties of this object to every script that runs.
    var shared = new Global("sidestick_song_owners");

    function nameOf(song) {
        return "owner_" + song.request;
    }

    function isFree(song, owner) {
        var now = shared[nameOf(song)];
        return !now || now === owner;
    }

    function claim(song, owner) {
        shared[nameOf(song)] = owner;
    }

    function release(song, owner) {
        if (shared[nameOf(song)] === owner) {
            shared[nameOf(song)] = "";
        }
    }

    return { isFree: isFree, claim: claim, release: release };
}());
