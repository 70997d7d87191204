"""The public page as HTML, and its words: what /transparency answers with. Knows no request."""
