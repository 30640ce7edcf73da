//! The component `hostile`: it does what no component should, so that the host's tests can see each limit bite. Never installed.
//!
//! Which deed, and in which function, is told by `parameters`: `{"in": "plan", "do": "loop"}`. What `describe` does has no
//! parameters; it is told by `MODE`, which a test overwrites in the bytes of the component.
#[cfg(target_family = "wasm")]
mod allocator;
#[cfg(target_family = "wasm")]
mod deeds;
#[cfg(target_family = "wasm")]
mod exports;
