"""What is drawn in every frame stays cheap: a path of thousands of strokes takes many times as long as rectangles."""

# How often paths and rectangles are drawn while the whole of a song with 5000 hits and 3000 notes is seen, all of one
# lane and of one part selected.
DRAWN = """async () => {
  const {Lane} = await import('/static/js/lanes.js');
  const {PianoRoll} = await import('/static/js/piano_roll.js');
  const {Viewport} = await import('/static/js/viewport.js');
  const count = {fill: 0, stroke: 0, fillRect: 0};
  const context = document.createElement('canvas').getContext('2d');
  for (const name of Object.keys(count)) {
    const draw = context[name].bind(context);
    context[name] = (...box) => { count[name] += 1; draw(...box); };
  }
  const at = (n, all) => ({id: n, time: n * 300 / all, onset: n * 300 / all, velocity: 1 + n % 127});
  const hits = [...Array(5000).keys()].map((n) => ({...at(n, 5000), drum: 'snare', cluster: n % 3}));
  const notes = [...Array(3000).keys()].map((n) => ({...at(n, 3000), duration: 0.08, pitch: 40 + n % 12}));
  const view = new Viewport();
  const [band, selection] = [{top: 0, height: 60}, new Set(hits.map((hit) => hit.id))];
  view.open(300);
  view.fit();
  new Lane('snare', {hits, clusters: []}).draw(context, view, band, {selection, highlighted: null, shift: 0.1});
  new PianoRoll('bass', notes).draw(context, view, band, {selection, shift: {time: 0.1}});
  return count;
}"""


def test_a_whole_song_is_drawn_without_a_path(visit):
    drawn = visit().evaluate(DRAWN)
    assert drawn["fill"] == 0 and drawn["stroke"] == 0
    assert 8000 <= drawn["fillRect"] < 20000  # nothing twice but for what is selected


# What is written on the ruler of 32 bars whose second section begins with bar 18, which has no number.
RULED = """async () => {
  const {drawRuler} = await import('/static/js/ruler.js');
  const {Viewport} = await import('/static/js/viewport.js');
  const context = document.createElement('canvas').getContext('2d');
  const found = [];
  context.fillText = (text) => { if (text) found.push(text); };
  const starts = [...Array(32).keys()].map((n) => 2 * n);
  const sections = [{start: 0, end: 34, label: 'A'}, {start: 33.99, end: 64, label: 'B'}];
  const view = new Viewport();
  view.open(64);
  view.fit();
  view.scale = 12;
  drawRuler(context, view, {starts, beats: starts}, 24, sections);
  return found.slice(0, 14);
}"""


def test_the_ruler_tells_the_letter_of_a_section_at_its_first_bar(visit):
    assert visit().evaluate(RULED) == ["1", "A", "3", "5", "7", "9", "11", "13", "15", "17", "B", "19", "21", "23"]
