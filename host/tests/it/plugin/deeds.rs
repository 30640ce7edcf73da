//! What the hostile component can do instead of answering, in whichever function it is asked, and the fault that is its own. Owns no test.
use super::guests::{ENOUGH, limits};
use host::plugin::{Fault, Limits};
use std::time::Duration;

/// How it ends.
pub type Ends = fn(&Fault) -> bool;

/// What it is called, within which limits, and its end.
pub type Deed = (&'static str, fn() -> Limits, Ends);

pub const DEEDS: [Deed; 12] = [
    ("trap", limits, |f| trapped(f, "unreachable")),
    ("panic", limits, |f| trapped(f, "the widget is upside down")),
    ("loop", limits, |f| matches!(f, Fault::OutOfFuel { .. })),
    ("loop", by_the_clock, |f| matches!(f, Fault::DeadlineExceeded { millis: 100 })),
    ("grow", limits, |f| matches!(f, Fault::OutOfMemory { what: "memory", .. })),
    ("allocate", limits, |f| matches!(f, Fault::OutOfMemory { what: "memory", .. })),
    ("recurse", deep, |f| trapped(f, "call stack exhausted")),
    ("fill", limits, |f| matches!(f, Fault::OutOfFuel { .. })),
    ("flood", limits, |f| matches!(f, Fault::OutOfFuel { .. })),
    ("long-line", limits, |f| matches!(f, Fault::BadOutput { .. })),
    ("huge", limits, |f| matches!(f, Fault::BadOutput { .. })),
    ("many", limits, |f| matches!(f, Fault::BadOutput { .. })),
];

/// Time is over long before the fuel is.
pub fn by_the_clock() -> Limits {
    Limits { fuel: ENOUGH, wall: Duration::from_millis(100), ..limits() }
}

/// Recursion takes more fuel than all the others need.
fn deep() -> Limits {
    Limits { fuel: 200_000_000, ..limits() }
}

pub fn trapped(fault: &Fault, why: &str) -> bool {
    matches!(fault, Fault::Trapped { message } if message.contains(why))
}
