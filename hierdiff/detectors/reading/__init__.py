"""Reading: what all detectors share: a text cut into lines, blocks and sentences, its words, figures and names."""
