//! The system's allocator, with a count beside it. The only `unsafe` code that ships: the trait demands it, and every function
//! here hands on what it was given, to the function of the same name, under the promises its caller made.
#![allow(unsafe_code, reason = "GlobalAlloc is an unsafe trait; there is no other way to see what a thread allocates")]
use super::count;
use std::alloc::{GlobalAlloc, Layout, System};

/// The allocator of every program with a gate.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counting;

// SAFETY: the memory is the system's; the count allocates nothing and does not unwind.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count::taken(layout.size());
        // SAFETY: as our caller promised.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count::taken(layout.size());
        // SAFETY: as our caller promised.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count::given_back(layout.size());
        count::taken(size);
        // SAFETY: as our caller promised.
        unsafe { System.realloc(at, layout, size) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        count::given_back(layout.size());
        // SAFETY: as our caller promised.
        unsafe { System.dealloc(at, layout) }
    }
}
