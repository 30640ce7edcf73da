//! Names of interfaces with their versions, such as `writ:action/actions@0.1.0`. Owns which versions of the contract are served.

/// A contract that this build does not serve.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it speaks {found}, this build serves writ:action@0.1: rebuild the plugin with that contract, or update Writ")]
pub struct Unserved {
    /// What it exports or imports.
    pub found: String,
}

/// Which interface of the contract a name means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Interface {
    Log,
    Types,
    Actions,
}

/// None: a name of somebody else's.
pub(super) fn interface(name: &str) -> Option<Result<Interface, Unserved>> {
    let (which, version) = name.strip_prefix("writ:action/")?.split_once('@').unwrap_or((name, ""));
    let which = match which {
        "log" => Interface::Log,
        "types" => Interface::Types,
        "actions" => Interface::Actions,
        _ => return None,
    };
    // Within 0.1.z types do not change, so every z is the same contract.
    let patch = version.strip_prefix("0.1.").filter(|z| !z.is_empty() && z.bytes().all(|b| b.is_ascii_digit()));
    Some(patch.map(|_| which).ok_or_else(|| Unserved { found: name.chars().take(80).collect() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_patch_of_0_1_is_served_and_nothing_else() {
        assert_eq!(interface("writ:action/actions@0.1.0"), Some(Ok(Interface::Actions)));
        assert_eq!(interface("writ:action/log@0.1.17"), Some(Ok(Interface::Log)));
        for other in ["0.2.0", "1.0.0", "0.1", "0.1.", "0.1.0-rc.1", "0.10.0"] {
            assert!(matches!(interface(&format!("writ:action/actions@{other}")), Some(Err(_))), "{other}");
        }
        assert_eq!(interface("wasi:cli/environment@0.2.0"), None);
        assert_eq!(interface("writ:action/secrets@0.1.0"), None);
    }
}
