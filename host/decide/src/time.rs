//! Time as it is recorded: RFC 3339, microseconds, so that what is read is what was written.
use crate::model::Malformed;
use jiff::Timestamp;

/// As precise as it is stored.
#[must_use]
pub fn micros(at: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(at.as_microsecond()).unwrap_or(at)
}

/// As it is stored.
#[must_use]
pub fn text(at: Timestamp) -> String {
    format!("{at:.6}")
}

/// The other direction.
///
/// # Errors
/// Where it is no time.
pub fn read(text: &str) -> Result<Timestamp, Malformed> {
    text.parse().map_err(|_| Malformed { what: "time", is: text.chars().take(40).collect() })
}

/// A time for people.
#[must_use]
pub fn words(at: Timestamp) -> String {
    second(&text(at))
}

/// A time as it is stored, for people: without its fraction of a second.
#[must_use]
pub fn second(text: &str) -> String {
    text.split_once('.').map_or_else(|| text.to_owned(), |(second, _)| format!("{second}Z"))
}
