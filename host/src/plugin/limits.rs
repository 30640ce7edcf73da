//! What one call may use, and how an `ActionPlugin` writes it. Owns the ceilings of this host.
use crds::PluginLimits;
use std::time::Duration;

/// What one call may use. Each ends in a fault of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// About one an instruction, one a byte that is copied in bulk: the same input always takes the same.
    pub fuel: u64,
    /// Time on the wall, from the start of the call.
    pub wall: Duration,
    /// Linear memories together, bytes.
    pub memory: usize,
    /// Tables together, elements.
    pub table: usize,
    /// What may be copied out of the component in one answer, bytes.
    pub output: usize,
    /// Lines a call may leave in the log; more are counted and dropped.
    pub log_lines: u32,
}

/// A limit in an `ActionPlugin` that cannot be obeyed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LimitsError {
    /// Not a quantity.
    #[error("spec.limits.{field} is {value:?}, which is no {wanted}")]
    Unreadable {
        /// `fuel`.
        field: &'static str,
        /// What stands there.
        value: String,
        /// What should.
        wanted: &'static str,
    },
    /// More than this host gives anybody.
    #[error("spec.limits.{field} is {value:?}, above this host's ceiling of {ceiling}. Lower it, or leave it out")]
    AboveCeiling {
        /// `fuel`.
        field: &'static str,
        /// What stands there.
        value: String,
        /// The ceiling.
        ceiling: String,
    },
}

impl Limits {
    /// What a component gets that asks for nothing else, and the most that one can ask for.
    #[must_use]
    pub const fn ceiling() -> Self {
        Self {
            // Fifty times what the shipped actions take; a tenth of a second. Whoever loops is out of it long before `wall`
            // is over, so that a loop is a fault of the component (final) and not of a slow machine (asked again).
            fuel: 100_000_000,
            // Fuel alone ends a call in a tenth of this; the rest is for a machine that is busy with other things.
            wall: Duration::from_secs(2),
            // A hundred times what a small Rust component takes.
            memory: 64 << 20,
            // A small Rust component has some hundred functions in its table.
            table: 10_000,
            // A plan is at most 32 KiB and its files 64 KiB; a description of 64 actions with their schemas takes the most.
            output: 1 << 20,
            // One screen.
            log_lines: 40,
        }
    }

    /// From an `ActionPlugin`'s `spec.limits`; what is not there is the ceiling.
    ///
    /// # Errors
    /// Where a text is no quantity, is 0, or is above the ceiling: a limit is never silently another one.
    pub fn of(spec: Option<&PluginLimits>) -> Result<Self, LimitsError> {
        let none = PluginLimits::default();
        let PluginLimits { fuel, memory, time, output } = spec.unwrap_or(&none);
        let top = Self::ceiling();
        let wall = at_most("time", time.as_deref(), millis(top.wall), duration, "time such as 50ms or 1s", "2s")?;
        let size = "size such as 512Ki or 32Mi";
        Ok(Self {
            fuel: at_most("fuel", fuel.as_deref(), top.fuel, quantity, "number such as 50M", "100M")?,
            wall: Duration::from_millis(wall),
            memory: bytes("memory", memory.as_deref(), top.memory, size, "64Mi")?,
            output: bytes("output", output.as_deref(), top.output, size, "1Mi")?,
            ..top
        })
    }
}

fn bytes(field: &'static str, text: Option<&str>, top: usize, wanted: &'static str, ceiling: &str) -> Result<usize, LimitsError> {
    let value = at_most(field, text, top as u64, quantity, wanted, ceiling)?;
    // At most `top`, which is a usize.
    Ok(usize::try_from(value).unwrap_or(top))
}

fn at_most(
    field: &'static str,
    text: Option<&str>,
    top: u64,
    read: fn(&str) -> Option<u64>,
    wanted: &'static str,
    ceiling: &str,
) -> Result<u64, LimitsError> {
    let Some(text) = text else { return Ok(top) };
    let value = text.chars().take(40).collect::<String>();
    match read(text) {
        None | Some(0) => Err(LimitsError::Unreadable { field, value, wanted }),
        Some(n) if n > top => Err(LimitsError::AboveCeiling { field, value, ceiling: ceiling.to_owned() }),
        Some(n) => Ok(n),
    }
}

/// `50M`, `32Mi`, `1024`: as Kubernetes writes quantities, whole numbers only.
fn quantity(text: &str) -> Option<u64> {
    let (digits, unit) = split(text);
    let factor = match unit {
        "" => 1,
        "k" => 1_000,
        "M" => 1_000_000,
        "G" => 1_000_000_000,
        "Ki" => 1 << 10,
        "Mi" => 1 << 20,
        "Gi" => 1 << 30,
        _ => return None,
    };
    digits.parse::<u64>().ok()?.checked_mul(factor)
}

/// `50ms`, `2s`, in milliseconds.
fn duration(text: &str) -> Option<u64> {
    let (digits, unit) = split(text);
    let factor = match unit {
        "ms" => 1,
        "s" => 1_000,
        _ => return None,
    };
    digits.parse::<u64>().ok()?.checked_mul(factor)
}

fn split(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text.split_at(end)
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(fuel: &str, memory: &str, time: &str, output: &str) -> PluginLimits {
        let text = |s: &str| (s != "-").then(|| s.to_owned());
        PluginLimits { fuel: text(fuel), memory: text(memory), time: text(time), output: text(output) }
    }

    #[test]
    fn what_is_not_written_is_the_ceiling_and_what_is_written_counts() {
        assert_eq!(Limits::of(None), Ok(Limits::ceiling()));
        assert_eq!(Limits::of(Some(&spec("-", "-", "-", "-"))), Ok(Limits::ceiling()));
        let limits = Limits::of(Some(&spec("50M", "32Mi", "50ms", "256Ki"))).unwrap();
        assert_eq!(limits.fuel, 50_000_000);
        assert_eq!(limits.memory, 32 << 20);
        assert_eq!(limits.wall, Duration::from_millis(50));
        assert_eq!(limits.output, 256 << 10);
    }

    #[test]
    fn a_limit_above_the_ceiling_none_at_all_or_unreadable_is_refused_and_not_bent() {
        for bad in ["0", "", "1.5M", "50 M", "50MM", "99999999999999999999", "18446744073709551615G", "fast"] {
            let no = Limits::of(Some(&spec(bad, "-", "-", "-"))).unwrap_err();
            assert!(matches!(no, LimitsError::Unreadable { field: "fuel", .. }), "{bad}: {no}");
        }
        let no = Limits::of(Some(&spec("-", "65Mi", "-", "-"))).unwrap_err();
        expect_test::expect![[r#"spec.limits.memory is "65Mi", above this host's ceiling of 64Mi. Lower it, or leave it out"#]]
            .assert_eq(&no.to_string());
        assert!(Limits::of(Some(&spec("-", "-", "3s", "-"))).is_err());
        assert!(Limits::of(Some(&spec("-", "-", "-", "2Mi"))).is_err());
    }

    #[test]
    fn the_ceilings_in_the_messages_are_those_that_are_enforced() {
        assert_eq!(Limits::of(Some(&spec("100M", "64Mi", "2s", "1Mi"))), Ok(Limits::ceiling()));
    }
}
