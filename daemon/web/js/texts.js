/** Numbers, times and names as texts. */

/** @param {number} seconds @returns {string} such as 3:07.4 */
export function formatTime(seconds, digits = 1) {
  const whole = Math.max(0, seconds);
  const minutes = Math.floor(whole / 60);
  const rest = (whole - 60 * minutes).toFixed(digits);
  return `${minutes}:${rest.padStart(digits ? 3 + digits : 2, "0")}`;
}

/** @param {number | null | undefined} seconds @returns {string} such as "about 20 s left" */
export function formatTimeLeft(seconds) {
  if (seconds === null || seconds === undefined || seconds < 0) return "";
  if (seconds < 60) return `about ${Math.max(1, Math.round(seconds))} s left`;
  return `about ${Math.round(seconds / 60)} min left`;
}

/** @param {number} count @param {string} one @param {string} [many] */
export const formatCount = (count, one, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;

/** @param {string} name @returns {string} a file's name without what follows the last dot */
export const baseName = (name) => name.replace(/\.[^.]+$/, "");

/** @param {number} unix seconds since 1970 @returns {string} "14:05", or "12 Mar" for another day */
export function formatDate(unix) {
  const date = new Date(unix * 1000);
  const today = date.toDateString() === new Date().toDateString();
  return today
    ? date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })
    : date.toLocaleDateString([], { day: "numeric", month: "short" });
}

/** @type {Record<string, string>} */
const TITLES = {
  mix: "Whole song", drums: "Drums", bass: "Bass", vocals: "Vocals", other: "Other", guitar: "Guitar", piano: "Piano",
  kick: "Kick", snare: "Snare", toms: "Toms", hihat: "Hi-hat", cymbals: "Cymbals", percussion: "Percussion",
  backing: "Without drums",
};

/** @param {string} name of a stem, a part or a drum */
export const title = (name) => TITLES[name] ?? capitalize(name.replaceAll("_", " "));

/** @param {string} text */
export const capitalize = (text) => text.charAt(0).toUpperCase() + text.slice(1);

const NAMES = ["C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B"];

/** @param {number} pitch MIDI note number; 60 is C4 */
export const noteName = (pitch) => `${NAMES[pitch % 12]}${Math.floor(pitch / 12) - 1}`;
