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
    "cymbals", "daemon_port"
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
var sought = false;

function emit(index, address, args) {
    outlet(index, [address].concat(args));
}

function find(name) {
    return patch.getnamed(name);
}

function host() {
    return {
        send: function (address, args) { emit(TO_SIDESTICK, address, args); },
        listen: function (port) { outlet(TO_RECEIVER, "port", port); },
        ring: function (port, address, args) {
            outlet(TO_SELF, "port", port);
            emit(TO_SELF, address, args);
        },
        find: find,
        store: function (atoms) { outlet(TO_STORE, atoms); }
    };
}

// daemon.json names the port when it is not the usual one. It is looked for once, in the home of whoever uses Live.
function seek() {
    var path = Paths.published(Paths.normal(patch.filepath || ""));
    var found = !sought && path && Files.exists(path) ? Files.json(path) : null;
    sought = true;
    if (!found || Number(found.osc_port) === daemonPort) {
        return false;
    }
    daemon_port(Number(found.osc_port));
    find("daemon_port").message("set", daemonPort);
    return true;
}

function observed(args) {
    if (device && args[0] === "detail_clip") {
        device.selected(Number(args[2]));
    }
}

// live.thisdevice says that Live's object model can be used from now on.
function init() {
    if (device) {
        device.stop();
    }
    sought = false;
    device = new Device(host());
    device.connection.seek = seek;
    CONTROLS.forEach(function (name) { find(name).message("bang"); });
    outlet(TO_SIDESTICK, "port", daemonPort);
    find("stored").message("bang");
    device.start();
    selection = new LiveAPI(observed, "live_set view");
    selection.property = "detail_clip";
}

function notifydeleted() {
    if (device) {
        device.stop();
    }
}

function act(name, argument) {
    if (device) {
        device.guard(device[name], argument);
    }
}

function daemon_port(port) {
    daemonPort = port;
    outlet(TO_SIDESTICK, "port", port);
    if (device && device.ready) {
        device.connection.beat();
    }
}

function stored() {
    if (device && arguments.length) {
        device.restore(arrayfromargs(arguments));
    }
}

function transcribe() { act("transcribe"); }
function cancel() { act("cancel"); }
function undo() { act("edit", "undo"); }
function redo() { act("edit", "redo"); }
function push() { act("push"); }
function silence() { act("silence"); }
function learn() { act("learn"); }
function dropped(path) { act("drop", path); }
function label(row, index) { act("relabel", { row: row, label: index }); }
function listen(row) { act("audition", row); }
function page(by) {
    if (device) {
        device.panel.turn(by);
    }
}

// Controls say their name and value; what comes from sidestick begins with its address.
function anything() {
    var args = arrayfromargs(arguments);
    if (device && messagename.charAt(0) === "/") {
        device.hear(messagename, args);
    } else if (device && CONTROLS.indexOf(messagename) >= 0) {
        device.change(messagename, args[0]);
    }
}
