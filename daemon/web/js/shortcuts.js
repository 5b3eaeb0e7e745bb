/** Which key does what. */

/** @typedef {import("./keyboard.js").Key} Key */

const NUDGE = 0.005;
const FINE = 0.001;

/**
 * @param {import("./song_page.js").SongPage} page
 * @returns {Key[]} in the order of the help
 */
export function shortcuts(page) {
  return [...playback(page), ...navigation(page), ...selection(page), ...corrections(page)];
}

/** @param {import("./song_page.js").SongPage} page @returns {Key[]} */
function playback({ transport, timeline, player }) {
  const step = (/** @type {number} */ way, bars = false) => transport.seek(timeline.bars.step(player.position, way, bars));
  return [
    { keys: ["Space"], display: "Space", description: "Play or pause", run: () => transport.togglePlay() },
    { keys: ["a"], display: "A", description: "Swap original and MIDI", run: () => transport.toggleSide("midi"), anywhere: true },
    { keys: ["b"], display: "B", description: "Swap the original and the MIDI drums in the song", run: () => transport.toggleSide("both"), anywhere: true },
    { keys: ["l"], display: "L", description: "Loop the bars of the selection, or what is seen; or stop looping", run: () => transport.toggleLoop(), anywhere: true },
    { keys: ["i"], display: "I O", description: "The loop starts, or ends, with this bar", run: () => transport.setLoopEnd("start"), anywhere: true },
    { keys: ["o"], display: "", description: "", run: () => transport.setLoopEnd("end"), anywhere: true },
    { keys: ["k"], display: "K", description: "Count in before playing, or not", run: () => transport.toggleCountIn(), anywhere: true },
    { keys: ["s"], display: "S D", description: "Slower or faster, at the same pitch", run: () => transport.stepSpeed(1), anywhere: true },
    { keys: ["d"], display: "", description: "", run: () => transport.stepSpeed(-1), anywhere: true },
    { keys: ["h"], display: "H", description: "Half speed", run: () => transport.toggleHalfSpeed(), anywhere: true },
    { keys: ["ArrowLeft"], display: "← →", description: "A beat back or on", run: () => step(-1) },
    { keys: ["ArrowRight"], display: "", description: "", run: () => step(1) },
    { keys: ["Shift+ArrowLeft"], display: "Shift ← →", description: "A bar back or on", run: () => step(-1, true) },
    { keys: ["Shift+ArrowRight"], display: "", description: "", run: () => step(1, true) },
    { keys: ["Home"], display: "Home, End", description: "Start or end of the song", run: () => transport.seek(0) },
    { keys: ["End"], display: "", description: "", run: () => transport.seek(player.duration) },
  ];
}

/** @param {import("./song_page.js").SongPage} page @returns {Key[]} */
function navigation({ view, clusters, doubts, scoreView, kitView }) {
  return [
    { keys: ["+", "="], display: "+ −", description: "Zoom", run: () => view.zoom(1.5), anywhere: true },
    { keys: ["-"], display: "", description: "", run: () => view.zoom(1 / 1.5), anywhere: true },
    { keys: ["f"], display: "F", description: "See the whole song", run: () => view.fit(), anywhere: true },
    { keys: ["p"], display: "P", description: "The song as a score, or not", run: () => scoreView.toggle(), anywhere: true },
    { keys: ["e"], display: "E", description: "The drum map as a kit, or not", run: () => kitView.toggle(), anywhere: true },
    { keys: ["]"], display: "[ ]", description: "Listen to the cluster before or after", run: () => clusters.step(1), anywhere: true },
    { keys: ["["], display: "", description: "", run: () => clusters.step(-1), anywhere: true },
    { keys: ["w"], display: "W", description: "What are these? Hear the sound that is least sure; a digit names it", run: () => doubts.hear(), anywhere: true },
    { keys: ["y"], display: "Y M", description: "Yes, it is what it is called; or ask later", run: () => doubts.confirm(), anywhere: true },
    { keys: ["m"], display: "", description: "", run: () => doubts.postpone(), anywhere: true },
  ];
}

/** @param {import("./song_page.js").SongPage} page @returns {Key[]} */
function selection(page) {
  const { cursor, player } = page;
  const stepHit = (/** @type {number} */ way, more = false) => {
    const hit = cursor.step(way, player.position, more);
    if (hit && !player.playing) page.playOnsets([hit.onset], hit.drum);
  };
  const all = () => {
    const { lanes, rolls } = page.timeline;
    const roll = rolls.get(cursor.lane);
    if (roll) page.song?.selectNotes(cursor.lane, roll.notes.map((note) => note.id));
    else page.song?.select((lanes.get(cursor.lane)?.hits ?? []).map((hit) => hit.id));
  };
  return [
    { keys: ["ArrowUp"], display: "↑ ↓", description: "Lane", run: () => cursor.changeLane(-1) },
    { keys: ["ArrowDown"], display: "", description: "", run: () => cursor.changeLane(1) },
    { keys: ["."], display: ", .", description: "Hit or note before or after, in this lane", run: () => stepHit(1), anywhere: true },
    { keys: [","], display: "", description: "", run: () => stepHit(-1), anywhere: true },
    { keys: [">", ":"], display: "Shift , .", description: "The same, beside what is selected", run: () => stepHit(1, true), anywhere: true },
    { keys: ["<", ";"], display: "", description: "", run: () => stepHit(-1, true), anywhere: true },
    { keys: ["Ctrl+a"], display: "Ctrl A", description: "Select the whole lane", run: all },
    { keys: ["c"], display: "C", description: "Select the cluster that was listened to", run: () => selectCluster(page), anywhere: true },
    { keys: ["Escape"], display: "Esc", description: "Select nothing", run: () => page.clear(), anywhere: true },
  ];
}

/** @param {import("./song_page.js").SongPage} page */
function selectCluster({ song, clusters }) {
  song?.select((song.notes?.hits ?? []).filter((hit) => hit.cluster === clusters.highlighted).map((hit) => hit.id));
}

/** @param {import("./song_page.js").SongPage} page @returns {Key[]} */
function corrections(page) {
  const move = (/** @type {number} */ seconds) => () => page.song?.hasSelection && page.song.nudge(seconds);
  const digits = [..."1234567890"];
  return [
    { keys: ["r"], display: "R", description: "Say what it is, from a list", run: () => relabel(page), anywhere: true },
    { keys: digits, display: "1 … 9, 0", description: "Kick, snare, side stick, toms (4 5 6), hi-hat closed, open, crash, ride", run: (event) => labelByDigit(page, event.key) },
    { keys: ["t"], display: "T", description: "Tap the beat", run: () => page.beatBar.tap(), anywhere: true },
    { keys: ["n"], display: "N", description: "New hit or note at the playhead, in this lane", run: () => page.add(page.player.position, page.cursor.lane, 100) },
    { keys: ["Alt+ArrowLeft"], display: "Alt ← →", description: "Move by 5 ms; with Shift by 1 ms", run: move(-NUDGE), anywhere: true },
    { keys: ["Alt+ArrowRight"], display: "", description: "", run: move(NUDGE), anywhere: true },
    { keys: ["Alt+Shift+ArrowLeft"], display: "", description: "", run: move(-FINE), anywhere: true },
    { keys: ["Alt+Shift+ArrowRight"], display: "", description: "", run: move(FINE), anywhere: true },
    { keys: ["Delete", "Backspace"], display: "Del", description: "Delete", run: () => page.song?.hasSelection && page.song.remove(), anywhere: true },
    { keys: ["Shift+ArrowUp"], display: "Shift ↑ ↓", description: "Louder or softer", run: () => page.song?.hasSelection && page.song.changeVelocity(1), anywhere: true },
    { keys: ["Shift+ArrowDown"], display: "", description: "", run: () => page.song?.hasSelection && page.song.changeVelocity(-1), anywhere: true },
    ...noteCorrections(page),
    { keys: ["Ctrl+z"], display: "Ctrl Z", description: "Undo; with Shift redo", run: () => page.stepHistory("undo"), anywhere: true, fields: true },
    { keys: ["Ctrl+Shift+z", "Ctrl+y"], display: "", description: "", run: () => page.stepHistory("redo"), anywhere: true, fields: true },
    { keys: ["?"], display: "?", description: "These keys", run: () => /** @type {any} */ (document.getElementById("help")).showModal(), anywhere: true },
  ];
}

/** @param {import("./song_page.js").SongPage} page @returns {Key[]} */
function noteCorrections(page) {
  const transpose = (/** @type {number} */ semitones) => () => page.shiftNotes({ pitch: semitones });
  return [
    { keys: ["Alt+ArrowUp"], display: "Alt ↑ ↓", description: "Notes a semitone up or down; with Shift an octave", run: transpose(1), anywhere: true },
    { keys: ["Alt+ArrowDown"], display: "", description: "", run: transpose(-1), anywhere: true },
    { keys: ["Alt+Shift+ArrowUp"], display: "", description: "", run: transpose(12), anywhere: true },
    { keys: ["Alt+Shift+ArrowDown"], display: "", description: "", run: transpose(-12), anywhere: true },
    { keys: ["Ctrl+ArrowRight"], display: "Ctrl ← →", description: "Notes shorter or longer by a sixteenth; with Shift by 5 ms", run: () => page.resizeNotes(1), anywhere: true },
    { keys: ["Ctrl+ArrowLeft"], display: "", description: "", run: () => page.resizeNotes(-1), anywhere: true },
    { keys: ["Ctrl+Shift+ArrowRight"], display: "", description: "", run: () => page.shiftNotes({ end: NUDGE }), anywhere: true },
    { keys: ["Ctrl+Shift+ArrowLeft"], display: "", description: "", run: () => page.shiftNotes({ end: -NUDGE }), anywhere: true },
    { keys: ["x"], display: "X", description: "Split notes at the playhead, or in the middle", run: () => page.splitNotes(), anywhere: true },
    { keys: ["j"], display: "J", description: "Join notes to one", run: () => page.song?.mergeNotes(), anywhere: true },
  ];
}

/** The selected hits, or else the cluster that was listened to. @param {import("./song_page.js").SongPage} page */
function relabel({ song, selectionBar, clusters, labels }) {
  if (song?.selection.size) return selectionBar.relabel();
  const { highlighted } = clusters;
  if (highlighted !== null) labels.openDialog("What are these hits?", (label) => song?.change({ clusters: { [highlighted]: label } }));
}

/** @param {import("./song_page.js").SongPage} page @param {string} digit */
function labelByDigit({ song, clusters, labels }, digit) {
  const label = labels.labelForKey(digit);
  if (!label) return;
  if (song?.selection.size) song.relabel(label);
  else if (clusters.highlighted !== null) song?.change({ clusters: { [clusters.highlighted]: label } });
}
