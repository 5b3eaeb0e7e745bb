// Labels, their names for people, and the notes that play them. sidestick is asked for General MIDI, from which each
// note's label follows; the notes of the user's instrument are chosen here.
var Drums = (function () {
    "use strict";

    var GM = {
        kick: 36, snare: 38, side_stick: 37, rimshot: 40, clap: 39, high_tom: 50, mid_tom: 47, low_tom: 45,
        floor_tom: 43, closed_hihat: 42, pedal_hihat: 44, open_hihat: 46, crash: 49, crash_2: 57, ride: 51,
        ride_bell: 53, china: 52, splash: 55, tambourine: 54, cowbell: 56, shaker: 70
    };
    // The pads of Live's own core kits, from C1 up.
    var DRUM_RACK = {
        kick: 36, side_stick: 37, snare: 38, clap: 39, low_tom: 41, closed_hihat: 42, mid_tom: 43,
        high_tom: 45, open_hihat: 46, crash: 49, ride: 51
    };
    var STAND_INS = {
        side_stick: ["rimshot", "snare"], rimshot: ["snare"], clap: ["snare"],
        high_tom: ["mid_tom", "low_tom", "floor_tom"], mid_tom: ["high_tom", "low_tom", "floor_tom"],
        low_tom: ["mid_tom", "floor_tom", "high_tom"], floor_tom: ["low_tom", "mid_tom", "high_tom"],
        closed_hihat: ["pedal_hihat", "open_hihat"], pedal_hihat: ["closed_hihat", "open_hihat"],
        open_hihat: ["closed_hihat", "pedal_hihat"], crash: ["crash_2", "ride"], crash_2: ["crash", "ride"],
        ride: ["ride_bell", "crash"], ride_bell: ["ride", "crash"], china: ["crash_2", "crash", "ride"],
        splash: ["crash_2", "crash", "ride"], tambourine: ["shaker", "closed_hihat"],
        cowbell: ["ride_bell", "ride"], shaker: ["tambourine", "closed_hihat"]
    };
    // What a pad of a rack may be called. The first line that fits decides, so the particular comes first.
    var PAD_NAMES = [
        [/side.?stick|x.?stick|cross.?stick|rim.?click/i, "side_stick"],
        [/rim/i, "rimshot"],
        [/clap|\bcp\b/i, "clap"],
        [/kick|bass ?drum|\bbd\b/i, "kick"],
        [/snare|\bsn?d?\b/i, "snare"],
        [/floor|tom.*(floor|4)/i, "floor_tom"],
        [/tom.*\b(hi|high|1)\b|(hi|high).*tom/i, "high_tom"],
        [/tom.*\b(low|lo|3)\b|(low|lo)\b.*tom/i, "low_tom"],
        [/tom/i, "mid_tom"],
        [/(pedal|foot).*h(i-?)?.?h(at)?|hat.*(pedal|foot)/i, "pedal_hihat"],
        [/open|\boh\b|hat.*\bo\b/i, "open_hihat"],
        [/hat|\b(hh|ch)\b/i, "closed_hihat"],
        [/ride.*bell|\bbell\b/i, "ride_bell"],
        [/ride/i, "ride"],
        [/china/i, "china"],
        [/splash/i, "splash"],
        [/crash.*2|cymbal.*2/i, "crash_2"],
        [/crash|cymbal/i, "crash"],
        [/tamb/i, "tambourine"],
        [/cow/i, "cowbell"],
        [/shaker|maraca|cabasa/i, "shaker"]
    ];
    var LABELS = Object.keys(GM);

    function title(label) {
        return label.split("_").map(function (word) {
            return word === "hihat" ? "Hi-Hat" : word.charAt(0).toUpperCase() + word.slice(1);
        }).join(" ");
    }

    function labelOfPad(name) {
        var found = PAD_NAMES.filter(function (entry) { return entry[0].test(name); });
        return found.length ? found[0][1] : null;
    }

    // The map of a rack from its pads [{note, name}]; the lowest pad of each drum plays it.
    function mapOfPads(pads) {
        var map = {};
        pads.slice().sort(function (a, b) { return a.note - b.note; }).forEach(function (pad) {
            var label = labelOfPad(pad.name);
            if (label && !map.hasOwnProperty(label)) {
                map[label] = pad.note;
            }
        });
        return map;
    }

    function pitch(map, label) {
        var candidates = [label].concat(STAND_INS[label] || []).filter(function (name) {
            return map.hasOwnProperty(name);
        });
        return candidates.length ? map[candidates[0]] : GM[label];
    }

    function labelOf(map, note) {
        return LABELS.filter(function (label) { return map[label] === note; })[0] || null;
    }

    // A General MIDI note as the instrument of `map` wants it.
    function translatePitch(map, note) {
        var label = labelOf(GM, note);
        return label ? pitch(map, label) : note;
    }

    return {
        GM: GM, DRUM_RACK: DRUM_RACK, LABELS: LABELS, title: title, mapOfPads: mapOfPads, pitch: pitch,
        labelOf: labelOf, translatePitch: translatePitch
    };
}());
