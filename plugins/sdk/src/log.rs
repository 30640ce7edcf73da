//! Lines for whoever debugs a plugin. The host bounds them, and they become part of nothing. Natively they go to standard
//! error, where a test shows them.
#[cfg(target_family = "wasm")]
use crate::bindings::writ::action::log as host;

macro_rules! levels {
    ($($(#[$doc:meta])* $name:ident: $level:ident;)*) => {$(
        $(#[$doc])*
        pub fn $name(message: &str) {
            #[cfg(target_family = "wasm")]
            host::write(host::Level::$level, message);
            #[cfg(not(target_family = "wasm"))]
            eprintln!("{}: {message}", stringify!($name));
        }
    )*};
}
levels! {
    /// For the author.
    debug: Debug;
    /// Worth knowing.
    info: Info;
    /// Odd, and survived.
    warn: Warn;
    /// Broken.
    error: Error;
}
