//! Numbers: what they are called, what they shall be, how they are shown and kept. Measures nothing.
use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::{fmt, path::Path, time::Duration};

/// One number. A goal is always "at most".
#[derive(Clone, Debug)]
pub struct Number {
    name: String,
    value: f64,
    unit: String,
    goal: Option<f64>,
}

impl Number {
    /// It; a goal where there is one.
    pub fn new(name: impl Into<String>, value: f64, unit: &str, goal: Option<f64>) -> Self {
        Self { name: name.into(), value, unit: unit.into(), goal }
    }

    /// How long something took; no goal.
    pub fn seconds(name: impl Into<String>, of: Duration) -> Self {
        Self::new(name, of.as_secs_f64(), "s", None)
    }

    fn met(&self) -> Option<bool> {
        self.goal.map(|goal| self.value <= goal)
    }

    fn json(&self) -> Value {
        json!({"name": self.name, "value": self.value, "unit": self.unit, "goal": self.goal, "met": self.met()})
    }

    fn parse(value: &Value) -> Option<Self> {
        let text = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
        let number = |key: &str| value.get(key).and_then(Value::as_f64);
        Some(Self { name: text("name")?, value: number("value")?, unit: text("unit")?, goal: number("goal") })
    }
}

/// All of them, in the order they were measured.
#[derive(Debug, Default)]
pub struct Numbers(Vec<Number>);

impl Numbers {
    /// What was written before.
    ///
    /// # Errors
    /// Where it is not there, or something else.
    pub fn read(path: &Path) -> Result<Self> {
        let at = || format!("failed to read the numbers in {}", path.display());
        let all: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(path).with_context(at)?).with_context(at)?;
        let all: Option<Vec<Number>> = all.iter().map(Number::parse).collect();
        Ok(Self(all.with_context(at)?))
    }

    /// As JSON.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        let all: Vec<Value> = self.0.iter().map(Number::json).collect();
        let text = serde_json::to_string_pretty(&all)?;
        std::fs::write(path, text + "\n").with_context(|| format!("failed to write {}", path.display()))
    }

    /// Some more.
    pub fn extend(&mut self, more: Vec<Number>) {
        self.0.extend(more);
    }
}

impl fmt::Display for Numbers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let wide = self.0.iter().map(|n| n.name.chars().count()).max().unwrap_or_default();
        writeln!(f, "{:wide$}  {:>10}  {:6}  {:>8}  met", "", "value", "unit", "at most")?;
        for n in &self.0 {
            let goal = n.goal.map(|g| g.to_string()).unwrap_or_default();
            let met = n.met().map_or("", |met| if met { "yes" } else { "NO" });
            writeln!(f, "{:wide$}  {:>10}  {:6}  {goal:>8}  {met}", n.name, shown(n.value), n.unit)?;
        }
        Ok(())
    }
}

/// Three digits say all that a measurement does.
fn shown(value: f64) -> String {
    match value {
        v if v >= 100.0 => format!("{v:.0}"),
        v if v >= 10.0 => format!("{v:.1}"),
        v => format!("{v:.2}"),
    }
}

/// The value at or below which this part of all lies: nearest rank. None of nothing.
#[must_use]
pub fn rank(all: &[Duration], part: f64) -> Option<Duration> {
    let mut sorted = all.to_vec();
    sorted.sort();
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "counts of rounds")]
    let at = (part * sorted.len() as f64).ceil() as usize;
    sorted.get(at.saturating_sub(1)).copied()
}
