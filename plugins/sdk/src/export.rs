//! `export_plugin!`: from a list of actions to the exports of a component. Only what is built for wasm exports anything;
//! natively the same crate is a library that tests call.
use crate::Plugin;

/// What every exported call goes through first: a panic is to leave its message behind. Without a hook it would end in a
/// trap that says nothing, because a component without WASI has no standard error.
#[must_use]
pub fn entered(plugin: Plugin) -> Plugin {
    std::panic::set_hook(Box::new(|panic| crate::log::error(&panic.to_string())));
    plugin
}

/// `export_plugin! { name: "workload", actions: [ScaleDeployment, RolloutRestart] }`, once in a crate. The version is the
/// crate's. Also makes `pub fn plugin() -> Plugin`, for tests.
#[macro_export]
macro_rules! export_plugin {
    (name: $name:literal, actions: [$($action:ty),+ $(,)?] $(,)?) => {
        /// What this component exports.
        #[must_use]
        pub fn plugin() -> $crate::Plugin {
            $crate::Plugin {
                name: $name,
                version: ::core::env!("CARGO_PKG_VERSION"),
                actions: &[$(&$crate::plugin::Of::<$action>::NEW),+],
            }
        }

        #[cfg(target_family = "wasm")]
        const _: () = {
            use $crate::wire::{Check, Description, Json, Moment, Proposal, Read, Refusal, Request, State, Undo, Violation};
            use $crate::{bindings, export::entered};

            struct Component;

            impl bindings::exports::writ::action::actions::Guest for Component {
                fn describe() -> Description {
                    entered(plugin()).describe()
                }
                fn validate(r: Request) -> Result<Json, Vec<Violation>> {
                    entered(plugin()).validate(&r)
                }
                fn reads(r: Request, when: Moment, s: State) -> Vec<Read> {
                    entered(plugin()).reads(&r, when, &s)
                }
                fn plan(r: Request, s: State) -> Result<Proposal, Refusal> {
                    entered(plugin()).plan(&r, &s)
                }
                fn rollback(r: Request, s: State) -> Undo {
                    entered(plugin()).rollback(&r, &s)
                }
                fn checks(r: Request, memo: Json, s: State) -> Vec<Check> {
                    entered(plugin()).checks(&r, &memo, &s)
                }
            }

            bindings::export!(Component with_types_in bindings);
        };
    };
}
