/** Light and dark: as the system has it, or as it was chosen here. Canvases ask here for their colours. */

import { Signal } from "./signal.js";

const KEY = "sidestick-theme";
const system = matchMedia("(prefers-color-scheme: dark)");

/** @type {Signal<[]>} */
export const themeChanged = new Signal();

/** @type {Map<string, string>} what was read or computed for the theme that holds */
const cache = new Map();

/** @returns {boolean} */
export function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : system.matches;
}

/** @param {string} name of a custom property, without the dashes @returns {string} */
export function colour(name) {
  const known = cache.get(name);
  if (known) return known;
  const found = getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  cache.set(name, found);
  return found;
}

/** The other one from now on. Back at what the system has, it follows the system again. */
export function toggleTheme() {
  const wanted = isDark() ? "light" : "dark";
  if ((wanted === "dark") === system.matches) {
    delete document.documentElement.dataset.theme;
    localStorage.removeItem(KEY);
  } else {
    document.documentElement.dataset.theme = wanted;
    localStorage.setItem(KEY, wanted);
  }
  applyTheme();
}

function applyTheme() {
  cache.clear();
  themeChanged.emit();
}

system.addEventListener("change", applyTheme);

const HUES = { kick: 62, snare: 22, toms: 305, hihat: 178, cymbals: 250, percussion: 130 };

/**
 * A drum's clusters share its hue and differ in lightness and a little in hue.
 * @param {string} drum @param {number} rank of the cluster within its drum
 */
export function drumColour(drum, rank = 0) {
  const key = `${drum} ${rank}`;
  const known = cache.get(key) ?? clusterColour(drum, rank);
  cache.set(key, known);
  return known;
}

/** @param {string} drum @param {number} rank */
function clusterColour(drum, rank) {
  const hue = /** @type {Record<string, number>} */ (HUES)[drum] ?? 130;
  const turn = [0, -26, 26, -13, 13][rank % 5];
  const [light, chroma] = isDark() ? [0.79, 0.125] : [0.57, 0.14];
  const lift = [0, isDark() ? -0.13 : 0.11, isDark() ? 0.07 : -0.1, -0.05, 0.05][rank % 5];
  return `oklch(${light + lift} ${chroma} ${hue + turn})`;
}

/** @param {string} part of the pitched ones */
export function partColour(part) {
  const hues = { bass: 262, vocals: 350, guitar: 95, piano: 200, other: 150, drums: 62 };
  const hue = /** @type {Record<string, number>} */ (hues)[part] ?? 150;
  return isDark() ? `oklch(0.77 0.11 ${hue})` : `oklch(0.56 0.13 ${hue})`;
}
