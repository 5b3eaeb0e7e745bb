// Rows "stems", "create_audio_clip", "launchbrowser": what Live does with new audio clips and says nothing of.
"use strict";

const test = require("node:test");
const assert = require("node:assert/strict");
const fs = require("node:fs");
const { convert } = require("./fake_clip.js");
const { Song, openSong, startJob, finishJob, random, KICK } = require("./fixtures.js");

function makeStems(options, change = () => {}) {
  const song = new Song();
  const found = openSong(song, options);
  change(found);
  found.max.receive("target", 5);
  startJob(found.max);
  song.write([KICK], ["drums", "bass"].map((name) => ({ path: `Song.stems/${name}.wav`, kind: `.stems/${name}.wav` })));
  if (options.padding) {
    const manifest = JSON.parse(fs.readFileSync(song.manifest));
    fs.writeFileSync(song.manifest, JSON.stringify({ padding: options.padding, ...manifest }));
  }
  finishJob(found.max, song);
  found.clips = found.set.song.tracks.slice(1).map((track) => track.clip_slots.map((slot) => slot.clip).find(Boolean));
  return found;
}

// Where each second of the song lies in a clip, in beats.
function worst(clip, source, padding = 0) {
  let most = 0;
  for (let beat = source.start_marker; beat < source.end_marker; beat += 0.25) {
    const second = convert(source.markers, "beat", "second", beat);
    most = Math.max(most, Math.abs(convert(clip.markers, "second", "beat", second + padding) - beat));
  }
  return most;
}

function randomMarkers(seed) {
  const next = random(seed);
  const markers = [{ second: 0.4 * next(), beat: Math.floor(8 * next()) - 4 }];
  for (let i = 0; i < 1 + 20 * next(); i += 1) {
    const seconds = 0.3 + next();
    markers.push({ second: markers.at(-1).second + seconds, beat: markers.at(-1).beat + seconds * (1.5 + next()) });
  }
  const [a, b] = markers.slice(-2);
  const slope = (b.beat - a.beat) / (b.second - a.second) * (0.8 + 0.4 * next());
  return [...markers, { second: b.second + 1 / 32 / slope, beat: b.beat + 1 / 32 }];
}

for (const autoWarp of [true, false]) {
  for (let seed = 1; seed <= 12; seed += 1) {
    test(`stems: a warped one plays with its song, markers ${seed}, Live warps new files: ${autoWarp}`, () => {
      const markers = randomMarkers(seed);
      const [start, end] = [markers[0].beat + 0.5, markers.at(-1).beat + 3];
      const values = { markers, start_marker: start, loop_start: start, end_marker: end, loop_end: end };
      const { set, max, source, clips } = makeStems({ clip: values, live: { autoWarp } });
      clips.forEach((clip) => {
        assert.equal(clip.warping, 1);
        assert.ok(worst(clip, source) < 0.001, `${worst(clip, source)} beats off`);
        assert.deepEqual([clip.start_marker, clip.end_marker, clip.looping], [start, end, 0]);
      });
      assert.equal(max.status, "The stems are on new tracks");
      assert.deepEqual(set.errors, []);
    });
  }
}

test("stems: a looped one has the loop of its song", () => {
  const values = { looping: 1, loop_start: 4, loop_end: 8, start_marker: 2, end_marker: 16 };
  const { set, clips } = makeStems({ clip: values });
  const region = (clip) => [clip.looping, clip.loop_start, clip.loop_end, clip.start_marker, clip.end_marker];
  clips.forEach((clip) => assert.deepEqual(region(clip), [1, 4, 8, 2, 16]));
  assert.deepEqual(set.errors, []);
});

for (const autoWarp of [true, false]) {
  test(`stems: of an unwarped song they start and end at its seconds, Live warps new files: ${autoWarp}`, () => {
    const values = { warping: 0, start_marker: 3.5, loop_start: 3.5, end_marker: 20, loop_end: 20 };
    const { set, clips } = makeStems({ clip: values, live: { autoWarp } });
    clips.forEach((clip) => {
      assert.equal(clip.warping, 0);
      assert.ok(Math.abs(clip.start_marker - 3.5) < 1e-9 && Math.abs(clip.end_marker - 20) < 1e-9);
    });
    assert.deepEqual(set.errors, []);
  });
}

test("stems: a bar of silence before the song is passed over", () => {
  const { source, clips } = makeStems({ padding: 1.25 });
  clips.forEach((clip) => assert.ok(worst(clip, source, 1.25) < 0.001));
});

test("stems: markers that Live did not take are told", () => {
  const { max } = makeStems({ live: { markersStay: true } });
  assert.match(max.status, /Live refused warp markers of 2: compare them/);
});

test("create_audio_clip: before Live 12.0.5 the folder is named, and no empty track is left", () => {
  const { set, max } = makeStems({ live: { release: [12, 0, 4] } });
  assert.match(max.status, /cannot add audio clips: see the folder Song.stems/);
  assert.deepEqual(set.song.tracks.map((track) => track.name), ["Song"]);
});

test("create_audio_clip: a stem that Live cannot open leaves no empty track", () => {
  const { set, max } = makeStems({}, (found) => { found.set.refuses = true; });
  assert.match(max.status, /could not open/);
  assert.deepEqual(set.song.tracks.map((track) => track.name), ["Song"]);
});

test("launchbrowser: a folder of Windows is named, because nothing opens it", () => {
  const { max } = openSong(new Song());
  assert.match(max.get('StemTracks.showFolder("C:/Music/Song.stems")'), /see the folder Song.stems/);
  assert.deepEqual(max.browsed, []);
});

test("stems: one that is removed before it has its markers is told", () => {
  const song = new Song();
  const { set, max } = openSong(song, { live: { undoSteps: true } });
  max.receive("target", 5);
  startJob(max);
  song.write([KICK], [{ path: "Song.stems/drums.wav", kind: ".stems/drums.wav" }]);
  max.receive("/sidestick/done", max.lastRequest("process")[1], "j1", 0, song.manifest, song.midi);
  set.remove(set.song.tracks[1].clip_slots[0].clip);
  max.clock.pass(5000);
  assert.match(max.status, /refused warp markers of 1/);
  assert.equal(set.undoOpen, 0);
});

test("all stems are two steps of Live's Undo where it can: the clips, then their markers", () => {
  const { set } = makeStems({ live: { undoSteps: true } });
  assert.equal(set.undo, 2);
  assert.equal(set.undoOpen, 0);
});
