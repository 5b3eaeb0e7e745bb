// Which notes the Drum Rack on a track plays, from the names of its pads.
var Rack = (function () {
    "use strict";

    var DEEPEST = 4;

    function padsOf(rack) {
        return Live.ids(rack, "drum_pads").map(Live.byId).filter(function (pad) {
            return Live.ids(pad, "chains").length > 0;
        }).map(function (pad) {
            return { note: Live.number(pad, "note"), name: Live.text(pad, "name") };
        });
    }

    // The first Drum Rack among the devices of a track or chain, also inside of other racks.
    function find(holder, depth) {
        var found = null;
        Live.ids(holder, "devices").map(Live.byId).forEach(function (device) {
            if (found || depth > DEEPEST) {
                return;
            }
            if (Live.number(device, "can_have_drum_pads")) {
                found = device;
            } else if (Live.number(device, "can_have_chains")) {
                Live.ids(device, "chains").map(Live.byId).forEach(function (chain) {
                    found = found || find(chain, depth + 1);
                });
            }
        });
        return found;
    }

    // label -> note, or null if there is no Drum Rack or none of its pads has a drum's name.
    function map(track) {
        var rack = find(track, 0);
        var found = rack ? Drums.mapOfPads(padsOf(rack)) : {};
        return Object.keys(found).length ? found : null;
    }

    return { map: map };
}());
