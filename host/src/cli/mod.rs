//! The commands a person types; they use the same engines.
