"""Demo salons and the pretend bot that keeps them busy: loaded only by an explicit switch."""
