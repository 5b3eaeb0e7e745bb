// Max's side: messages of the patcher come in here, messages to it go out by these outlets.
autowatch = 0;
inlets = 1;
outlets = 4; // to sidestick, to the receiver, to ourselves, to what is stored with the set

var TO_SIDESTICK = 0;
var TO_RECEIVER = 1;
var TO_SELF = 2;
var TO_STORE = 3;
var DEFAULT_PORT = 9331;
var CONTROLS = [
    "target", "input", "place", "grid", "strength", "swing", "beats", "map", "kick", "snare", "toms", "hihat",
    "cymbals", "file_start", "daemon_port"
];

setinletassist(0, "messages from the panel and from sidestick");
setoutletassist(TO_SIDESTICK, "OSC to sidestick");
setoutletassist(TO_RECEIVER, "port to listen on");
setoutletassist(TO_SELF, "OSC to this device");
setoutletassist(TO_STORE, "songs, stored with the set");

var patch = this.patcher;
var device = null;
var selection = null;
var daemonPort = DEFAULT_PORT;
var portSearched = false;
var lastStored = "";

function sendOsc(index, address, args) {
    outlet(index, [address].concat(args));
}

function findBox(name) {
    return patch.getnamed(name);
}

// Assigned, it is no step of Live's Undo. A pattr that assigned nothing of it gets it in the usual way.
function storeInSet(atoms) {
    lastStored = "";
    outlet(TO_STORE, ["assign"].concat(atoms));
    outlet(TO_STORE, "bang");
    if (lastStored !== atoms.join(" ")) {
        outlet(TO_STORE, atoms);
    }
}

function createHost() {
    return {
        send: function (address, args) { sendOsc(TO_SIDESTICK, address, args); },
        bind: function (port) { outlet(TO_RECEIVER, "port", port); },
        sendToSelf: function (port, address, args) {
            outlet(TO_SELF, "port", port);
            sendOsc(TO_SELF, address, args);
        },
        findBox: findBox,
        store: storeInSet
    };
}

// daemon.json names the port when it is not the usual one. It is looked for once, in the home of whoever uses Live.
function findDaemonPort() {
    var path = Paths.daemonFile(Paths.normalize(patch.filepath || ""));
    var found = !portSearched && path && Files.exists(path) ? Files.readJson(path) : null;
    portSearched = true;
    if (!found || Number(found.osc_port) === daemonPort) {
        return false;
    }
    daemon_port(Number(found.osc_port));
    findBox("daemon_port").message("set", daemonPort);
    return true;
}

function onDetailClip(args) {
    if (device && args[0] === "detail_clip") {
        device.selectClip(Number(args[2]));
    }
}

// live.thisdevice says that Live's object model can be used from now on.
function init() {
    if (device) {
        device.stop();
    }
    portSearched = false;
    device = new Device(createHost());
    device.connection.findPort = findDaemonPort;
    CONTROLS.forEach(function (name) { findBox(name).message("bang"); });
    outlet(TO_SIDESTICK, "port", daemonPort);
    findBox("stored").message("bang");
    device.start();
    selection = new LiveAPI(onDetailClip, "live_set view");
    selection.property = "detail_clip";
}

function notifydeleted() {
    if (device) {
        device.stop();
    }
}

// Live sends what a set keeps of the panel while it opens: nobody has pressed anything then.
function runAction(name, argument) {
    if (device && device.ready) {
        device.guard(device[name], argument);
    }
}

function daemon_port(port) {
    daemonPort = Math.round(port);
    outlet(TO_SIDESTICK, "port", daemonPort);
    if (device && device.ready) {
        device.connection.ping();
    }
}

function stored() {
    var atoms = arrayfromargs(arguments);
    lastStored = atoms.join(" ");
    if (device && atoms.length) {
        device.restoreSongs(atoms);
        if (device.songs.list.length === 0) {
            device.restoreLater(atoms);
        }
    }
}

function transcribe() { runAction("transcribe"); }
function cancel() { runAction("cancel"); }
function undo() { runAction("sendEdit", "undo"); }
function redo() { runAction("sendEdit", "redo"); }
function push() { runAction("push"); }
function silence() { runAction("silence"); }
function learn() { runAction("learn"); }
function dropped(path) { runAction("drop", path); }
function label(row, index) { runAction("relabel", { row: row, label: index }); }
function listen(row) { runAction("audition", row); }
function tap() { runAction("tap"); }
function bar_one() { runAction("setBarOne"); }
function times(word) { runAction("scaleBpm", word); }
function bpm(value) { runAction("setBpm", value); }
function meter(index) { runAction("setMeter", index); }
function export_song(index) { runAction("exportSong", index); }
function page(by) {
    if (device) {
        device.panel.turnPage(by);
    }
}

// Controls say their name and value; what comes from sidestick begins with its address.
function anything() {
    var args = arrayfromargs(arguments);
    if (device && messagename.charAt(0) === "/") {
        device.handleMessage(messagename, args);
    } else if (device && CONTROLS.indexOf(messagename) >= 0) {
        device.change(messagename, args[0]);
    }
}
