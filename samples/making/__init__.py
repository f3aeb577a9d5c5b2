"""The generator of the sample office and its share: an invented estate, its people and what happened in a month."""
