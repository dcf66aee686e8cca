"""The life of a catalogue entry: drafted, reviewed, published, changed, withdrawn, with every step in its trail."""
