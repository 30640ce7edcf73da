//! All tests on the real cluster, in one binary. `admit_*`: what the API server refuses, whoever asks.
mod admit;
