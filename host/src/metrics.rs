//! What the host counts and measures.
