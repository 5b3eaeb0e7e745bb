"""What a musician takes away beside the MIDI: one module for each kind of file, one row for each in `table`."""
