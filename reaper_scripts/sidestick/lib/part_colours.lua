-- @noindex
-- The colour of each part, of its MIDI and of its stem: {red, green, blue}, 0 to 255.

return {
  drums = { 214, 93, 66 }, bass = { 86, 130, 196 }, vocals = { 201, 164, 66 }, guitar = { 106, 158, 98 },
  piano = { 150, 112, 184 }, other = { 128, 138, 148 }, chords = { 190, 122, 152 },
  CUSTOM = 0x1000000,  -- the flag by which REAPER shows a colour of the track's own
}
