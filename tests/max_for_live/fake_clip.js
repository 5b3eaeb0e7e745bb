// The rules of Live's clips that no list of functions tells: warp markers with a shadow behind the last, warping that
// is carried out later than it is set, and markers whose meaning depends on the loop.
"use strict";

const SHADOW = 1 / 32; // beats behind the last marker that is seen
const NEAR = 1e-6;
const RATE = 44100;
const LENGTH = 60; // seconds of every audio file
// What Live guesses of a file that it warps by itself: neither its start nor its tempo need be right.
const GUESSED = [{ second: 0.35, beat: 0 }, { second: 20.2, beat: 39 }];
const PLAIN = [{ second: 0, beat: 0 }];
const GUESSED_TEMPO = 1.93; // beats a second
const REGION = ["start_marker", "end_marker", "loop_start", "loop_end"];

function withShadow(markers, slope) {
  const last = markers.at(-1);
  return [...markers, { second: last.second + SHADOW / slope, beat: last.beat + SHADOW }];
}

function slopeOfEnd(clip) {
  const [a, b] = clip.markers.slice(-2);
  return (b.beat - a.beat) / (b.second - a.second);
}

function convert(markers, from, to, value) {
  let at = 0;
  while (at < markers.length - 2 && markers[at + 1][from] <= value) at += 1;
  const [a, b] = [markers[at], markers[at + 1]];
  return a[to] + (value - a[from]) * (b[to] - a[to]) / (b[from] - a[from]);
}

// A clip of a file of LENGTH seconds, as Live makes it when it warps files by itself or not.
function audioClip(path, autoWarp) {
  const markers = withShadow(autoWarp ? GUESSED : PLAIN, GUESSED_TEMPO);
  const [start, end] = autoWarp ? [0, LENGTH].map((second) => convert(markers, "second", "beat", second)) : [0, LENGTH];
  return {
    file_path: path, markers, warping: autoWarp ? 1 : 0, start_marker: start, end_marker: end, loop_start: start,
    loop_end: end,
  };
}

// Carried out when the script has given the control back.
function setWarping(set, clip, value) {
  set.clock.schedule({
    execute: () => {
      if (clip.warping === value) return;
      const [from, to] = value ? ["second", "beat"] : ["beat", "second"];
      REGION.forEach((name) => { clip[name] = convert(clip.markers, from, to, clip[name]); });
      clip.warping = value;
    },
  }, 0);
}

// Of a clip that is not looped the loop's ends are its start and its end.
function nameOf(clip, name) {
  return clip.looping ? name : { loop_start: "start_marker", loop_end: "end_marker" }[name] || name;
}

// Why Live refuses a value, or nothing.
function refusal(clip, name, value) {
  const next = { ...clip, [nameOf(clip, name)]: value };
  if (next.start_marker >= next.end_marker) return `${name} ${value}: the end is not behind the start`;
  return next.looping && next.loop_start >= next.loop_end ? `${name} ${value}: the loop is empty` : "";
}

const isNear = (a, b) => Math.abs(a - b) < NEAR;

function replace(clip, seen, slope) {
  clip.markers = withShadow(seen, slope);
}

function rises(markers) {
  return markers.every((m, i) => i === 0 || (m.beat > markers[i - 1].beat && m.second > markers[i - 1].second));
}

// Warp markers: what does not fit is passed over without a word.
const FUNCTIONS = {
  add_warp_marker: (set, clip, marker) => {
    const seen = clip.markers.slice(0, -1);
    const taken = seen.some((m) => isNear(m.beat, marker.beat_time) || isNear(m.second, marker.sample_time));
    const next = [...seen, { second: marker.sample_time, beat: marker.beat_time }].sort((a, b) => a.beat - b.beat);
    const fits = marker.sample_time <= LENGTH + NEAR && !set.markersStay;
    if (clip.warping && !taken && fits && rises(next)) replace(clip, next, slopeOfEnd(clip));
  },
  remove_warp_marker: (set, clip, beat) => {
    const seen = clip.markers.slice(0, -1);
    const at = clip.markers.findIndex((m) => isNear(m.beat, beat));
    if (at < 0) throw new Error(`remove_warp_marker: there is none at ${beat}`);
    if (clip.warping && at > 0 && at < seen.length) replace(clip, seen.filter((m, i) => i !== at), slopeOfEnd(clip));
  },
  move_warp_marker: (set, clip, beat, distance) => {
    const seen = clip.markers.slice(0, -1);
    const at = clip.markers.findIndex((m) => isNear(m.beat, beat));
    if (at < 0) throw new Error(`move_warp_marker: there is none at ${beat}`);
    const next = seen.map((m, i) => i === at ? { ...m, beat: m.beat + distance } : m);
    if (clip.warping && at < seen.length && rises(next)) replace(clip, next, slopeOfEnd(clip));
  },
};

module.exports = { FUNCTIONS, LENGTH, RATE, audioClip, convert, nameOf, refusal, setWarping };
