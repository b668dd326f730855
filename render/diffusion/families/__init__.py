"""One file per model family, and the table that names them."""
