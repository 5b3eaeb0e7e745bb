// Which notes the Drum Rack on a track plays, from the names of its pads.
var DrumRack = (function () {
    "use strict";

    var MAX_DEPTH = 4;

    function readPads(rack) {
        return Live.childIds(rack, "drum_pads").map(Live.byId).filter(function (pad) {
            return Live.childIds(pad, "chains").length > 0;
        }).map(function (pad) {
            return { note: Live.number(pad, "note"), name: Live.text(pad, "name") };
        });
    }

    // The first Drum Rack among the devices of a track or chain, also inside of other racks.
    function findRack(holder, depth) {
        var found = null;
        Live.childIds(holder, "devices").map(Live.byId).forEach(function (device) {
            if (found || depth > MAX_DEPTH) {
                return;
            }
            if (Live.number(device, "can_have_drum_pads")) {
                found = device;
            } else if (Live.number(device, "can_have_chains")) {
                Live.childIds(device, "chains").map(Live.byId).forEach(function (chain) {
                    found = found || findRack(chain, depth + 1);
                });
            }
        });
        return found;
    }

    // label -> note, or null if there is no Drum Rack or none of its pads has a drum's name.
    function readMap(track) {
        var rack = findRack(track, 0);
        var found = rack ? Drums.mapOfPads(readPads(rack)) : {};
        return Object.keys(found).length ? found : null;
    }

    return { readMap: readMap };
}());
