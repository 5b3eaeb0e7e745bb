// Which second of a song's file is heard now, or where Live's markers point while nothing plays.
var SongPosition = (function () {
    "use strict";

    function isSource(clip, source) {
        return Live.exists(clip) && Paths.normalize(Live.text(clip, "file_path")) === source.path;
    }

    function songTime() {
        return Live.number(Live.song(), "current_song_time");
    }

    function covers(clip, beat) {
        return Live.number(clip, "start_time") <= beat && beat < Live.number(clip, "end_time");
    }

    // The clip of the song: in its slot, or where Live stands in the Arrangement; null if there is none.
    function findSourceClip(source) {
        var track = Live.byId(source.track);
        var slots = Live.childIds(track, "clip_slots").map(Live.byId);
        var clips = source.start !== null ? Tracks.arrangementClips(track).filter(function (clip) {
            return covers(clip, songTime());
        }) : slots.slice(source.scene, source.scene + 1).map(Tracks.clipInSlot);
        return clips.filter(function (clip) { return isSource(clip, source); })[0] || null;
    }

    // In the Arrangement the start of a clip is a beat of the song; its loop is written out from there.
    function secondInArrangement(clip, timing) {
        var at = songTime() - Live.number(clip, "start_time");
        var length = Live.number(clip, "end_time") - Live.number(clip, "start_time");
        var written = JSON.parse(JSON.stringify(timing));
        var pass;
        if (at < 0 || at >= length) {
            return null;
        }
        written.arranged = length;
        pass = Timing.loopPasses(written).filter(function (one) { return one.at <= at + 1e-9; }).pop();
        return Timing.second(timing, pass.from + at - pass.at);
    }

    // Live tells an unwarped audio clip's places in seconds, all others in beats.
    function secondInSession(clip, timing, first) {
        var at = Live.number(clip, Live.number(clip, "is_playing") ? "playing_position" : "start_marker");
        var inSeconds = Live.number(clip, "is_audio_clip") && !Live.number(clip, "warping");
        return inSeconds ? at : Timing.second(timing, at + first);
    }

    // {second, playing}; null where no clip of the song is at hand. `made` is {clip, timing} of a result, or null: it
    // stands in for the clip of a file that was dropped.
    function read(source, made) {
        var own = findSourceClip(source);
        var clip = own || (made && made.clip);
        var timing;
        var arranged;
        var second;
        if (!clip) {
            return null;
        }
        timing = own ? SourceClip.readTiming(own) : made.timing;
        arranged = own ? source.start !== null : timing.arranged !== null;
        second = arranged ? secondInArrangement(clip, timing) : secondInSession(clip, timing, own ? 0 : timing.first);
        return second === null ? null : {
            second: Math.round(second * 1e6) / 1e6,
            playing: Live.number(arranged ? Live.song() : clip, "is_playing") !== 0
        };
    }

    return { read: read };
}());
