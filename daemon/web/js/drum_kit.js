/** Where the drums of a kit lie, seen from above: centre and size in hundredths of the picture's width. */

/** @typedef {{label: string, x: number, y: number, size: number, kind: "drum" | "cymbal" | "pad", outer?: boolean}} Piece
 * on an `outer` one lies the piece behind it */

export const HEIGHT = 56; // of the picture, as its width is 100

/** @type {Piece[]} */
export const PIECES = [
  { label: "kick", x: 50, y: 31, size: 17, kind: "drum" },
  { label: "rimshot", x: 33, y: 41, size: 18, kind: "drum", outer: true },
  { label: "snare", x: 33, y: 39.4, size: 12, kind: "drum" },
  { label: "side_stick", x: 33, y: 33.8, size: 5, kind: "drum" },
  { label: "high_tom", x: 37, y: 17.5, size: 11, kind: "drum" },
  { label: "mid_tom", x: 50, y: 14, size: 12, kind: "drum" },
  { label: "low_tom", x: 63, y: 17.5, size: 12.5, kind: "drum" },
  { label: "floor_tom", x: 67.5, y: 40, size: 17, kind: "drum" },
  { label: "open_hihat", x: 15, y: 34, size: 15, kind: "cymbal", outer: true },
  { label: "closed_hihat", x: 15, y: 32, size: 9.5, kind: "cymbal" },
  { label: "pedal_hihat", x: 15, y: 48, size: 8, kind: "pad" },
  { label: "crash", x: 22, y: 12, size: 16, kind: "cymbal" },
  { label: "splash", x: 38, y: 5.5, size: 8.5, kind: "cymbal" },
  { label: "crash_2", x: 78, y: 11, size: 15, kind: "cymbal" },
  { label: "ride", x: 84, y: 30, size: 18, kind: "cymbal", outer: true },
  { label: "ride_bell", x: 84, y: 29, size: 7, kind: "cymbal" },
  { label: "china", x: 92.5, y: 12, size: 13, kind: "cymbal" },
  { label: "clap", x: 82, y: 50, size: 7, kind: "pad" },
  { label: "tambourine", x: 96, y: 43, size: 7, kind: "pad" },
  { label: "cowbell", x: 89, y: 50, size: 7, kind: "pad" },
  { label: "shaker", x: 96, y: 50, size: 7, kind: "pad" },
];
