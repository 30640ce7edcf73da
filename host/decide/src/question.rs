//! The question that policies are asked.
