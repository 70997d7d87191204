"""WebRTC over HTTP: WHIP (RFC 9725) for publishers and WHEP (draft-ietf-wish-whep) for subscribers."""
