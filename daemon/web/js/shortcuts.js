/** Which key does what. */

/** @typedef {import("./keys.js").Key} Key */

const NUDGE = 0.005;
const FINE = 0.001;

/**
 * @param {import("./desk.js").Desk} desk
 * @returns {Key[]} in the order of the help
 */
export function shortcuts(desk) {
  return [...playback(desk), ...looking(desk), ...hits(desk), ...correcting(desk)];
}

/** @param {import("./desk.js").Desk} desk @returns {Key[]} */
function playback({ transport, timeline, player }) {
  const step = (/** @type {number} */ way, bars = false) => transport.seek(timeline.bars.step(player.position, way, bars));
  return [
    { keys: ["Space"], shown: "Space", said: "Play or pause", act: () => transport.toggle() },
    { keys: ["a"], shown: "A", said: "Swap original and MIDI", act: () => transport.swap(), anywhere: true },
    { keys: ["b"], shown: "B", said: "Hear both", act: () => player.setSide("both"), anywhere: true },
    { keys: ["l"], shown: "L", said: "Loop what is seen, or stop looping", act: () => transport.loop(), anywhere: true },
    { keys: ["h"], shown: "H", said: "Half speed", act: () => transport.half(), anywhere: true },
    { keys: ["ArrowLeft"], shown: "← →", said: "A beat back or on", act: () => step(-1) },
    { keys: ["ArrowRight"], shown: "", said: "", act: () => step(1) },
    { keys: ["Shift+ArrowLeft"], shown: "Shift ← →", said: "A bar back or on", act: () => step(-1, true) },
    { keys: ["Shift+ArrowRight"], shown: "", said: "", act: () => step(1, true) },
    { keys: ["Home"], shown: "Home, End", said: "Start or end of the song", act: () => transport.seek(0) },
    { keys: ["End"], shown: "", said: "", act: () => transport.seek(player.duration) },
  ];
}

/** @param {import("./desk.js").Desk} desk @returns {Key[]} */
function looking({ view, clusters }) {
  return [
    { keys: ["+", "="], shown: "+ −", said: "Zoom", act: () => view.zoom(1.5), anywhere: true },
    { keys: ["-"], shown: "", said: "", act: () => view.zoom(1 / 1.5), anywhere: true },
    { keys: ["f"], shown: "F", said: "See the whole song", act: () => view.fit(), anywhere: true },
    { keys: ["]"], shown: "[ ]", said: "Listen to the cluster before or after", act: () => clusters.step(1), anywhere: true },
    { keys: ["["], shown: "", said: "", act: () => clusters.step(-1), anywhere: true },
  ];
}

/** @param {import("./desk.js").Desk} desk @returns {Key[]} */
function hits(desk) {
  const { cursor, player } = desk;
  const walk = (/** @type {number} */ way) => {
    const hit = cursor.step(way, player.position);
    if (hit && !player.playing) desk.hear([hit.onset], hit.drum);
  };
  const all = () => {
    const lane = desk.timeline.lanes.get(cursor.lane);
    desk.song?.select((lane?.hits ?? []).map((hit) => hit.id));
  };
  return [
    { keys: ["ArrowUp"], shown: "↑ ↓", said: "Lane", act: () => cursor.changeLane(-1) },
    { keys: ["ArrowDown"], shown: "", said: "", act: () => cursor.changeLane(1) },
    { keys: ["."], shown: ", .", said: "Hit or note before or after, in this lane", act: () => walk(1), anywhere: true },
    { keys: [","], shown: "", said: "", act: () => walk(-1), anywhere: true },
    { keys: ["Ctrl+a"], shown: "Ctrl A", said: "Select the whole lane", act: all },
    { keys: ["c"], shown: "C", said: "Select the cluster that was listened to", act: () => selectCluster(desk), anywhere: true },
    { keys: ["Escape"], shown: "Esc", said: "Select nothing", act: () => desk.clear(), anywhere: true },
  ];
}

/** @param {import("./desk.js").Desk} desk */
function selectCluster({ song, clusters }) {
  song?.select((song.notes?.hits ?? []).filter((hit) => hit.cluster === clusters.lit).map((hit) => hit.id));
}

/** @param {import("./desk.js").Desk} desk @returns {Key[]} */
function correcting(desk) {
  const move = (/** @type {number} */ seconds) => () => desk.song?.selection.size && desk.song.nudge(seconds);
  const digits = [..."1234567890"];
  return [
    { keys: ["r"], shown: "R", said: "Say what it is, from a list", act: () => relabel(desk), anywhere: true },
    { keys: digits, shown: "1 … 9, 0", said: "Kick, snare, side stick, toms (4 5 6), hi-hat closed, open, crash, ride", act: (event) => name(desk, event.key) },
    { keys: ["n"], shown: "N", said: "New hit at the playhead, in this lane", act: () => desk.add(desk.player.position, desk.cursor.lane, 100) },
    { keys: ["Alt+ArrowLeft"], shown: "Alt ← →", said: "Move by 5 ms; with Shift by 1 ms", act: move(-NUDGE), anywhere: true },
    { keys: ["Alt+ArrowRight"], shown: "", said: "", act: move(NUDGE), anywhere: true },
    { keys: ["Alt+Shift+ArrowLeft"], shown: "", said: "", act: move(-FINE), anywhere: true },
    { keys: ["Alt+Shift+ArrowRight"], shown: "", said: "", act: move(FINE), anywhere: true },
    { keys: ["Delete", "Backspace"], shown: "Del", said: "Delete", act: () => desk.song?.selection.size && desk.song.remove(), anywhere: true },
    { keys: ["Ctrl+z"], shown: "Ctrl Z", said: "Undo; with Shift redo", act: () => desk.step("undo"), anywhere: true },
    { keys: ["Ctrl+Shift+z", "Ctrl+y"], shown: "", said: "", act: () => desk.step("redo"), anywhere: true },
    { keys: ["?"], shown: "?", said: "These keys", act: () => /** @type {any} */ (document.getElementById("help")).showModal(), anywhere: true },
  ];
}

/** The selected hits, or else the cluster that was listened to. @param {import("./desk.js").Desk} desk */
function relabel({ song, picked, clusters, labels }) {
  if (song?.selection.size) return picked.relabel();
  const { lit } = clusters;
  if (lit !== null) labels.ask("What are these hits?", (label) => song?.change({ clusters: { [lit]: label } }));
}

/** @param {import("./desk.js").Desk} desk @param {string} digit */
function name({ song, clusters, labels }, digit) {
  const label = labels.of(digit);
  if (!label) return;
  if (song?.selection.size) song.relabel(label);
  else if (clusters.lit !== null) song?.change({ clusters: { [clusters.lit]: label } });
}
