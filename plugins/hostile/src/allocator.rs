//! An allocator that calls out of the component while the host is in the middle of a call: it copies arguments in, and asks for room; it
//! copied the answer out, and gives the room back. At neither moment may a component call anything. Owns two modes: `alloc-out`, `free-out`.
use crate::exports::is_mode;
use std::alloc::{GlobalAlloc, Layout, System};
use writ_action::log;

struct Talking;

// SAFETY: all of it is the system's allocator; what is said beside allocates nothing.
unsafe impl GlobalAlloc for Talking {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if is_mode(b"alloc-out") {
            log::info("room is asked for");
        }
        // SAFETY: as it was asked for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        if is_mode(b"free-out") {
            log::info("room is given back");
        }
        // SAFETY: as it was asked for.
        unsafe { System.dealloc(place, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Talking = Talking;
