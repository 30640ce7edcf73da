//! ENGINE: being built.
