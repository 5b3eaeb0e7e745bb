/** What a remark says to do, in the words of the page: buttons and fields instead of options. */

const BUTTONS = { half: "½", double: "×2", "in two thirds": "⅔", "in three halves": "×1½" };

/** @type {[RegExp, (...found: string[]) => string][]} */
const WORDS = [
  [/ Set one, as with bpm=\d+\./, () => " Type its bpm above the notes, or tap it."],
  [/; bpm=([\d.]+) counts it ([\w ]+)\./, (_, bpm, way) => BUTTONS[way] ? `; the button ${BUTTONS[way]} makes it ${bpm}.` : `; ${bpm} bpm, typed above the notes, counts it ${way}.`],
  [/; downbeat=([\d.]+) puts one there, the next best place\./, (_, second) => `; the next best is at ${second} s. “Bar 1 is here” puts it where the playhead stands.`],
  [/; meter=([\d\/]+) counts them otherwise, the next best\./, (_, meter) => `; the next best is ${meter}, chosen above the notes.`],
];

/** @param {string} text */
export function spellRemark(text) {
  return WORDS.reduce((said, [form, spell]) => said.replace(form, spell), text);
}
